// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.Portal;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.testkit.contract.BackendOnHost;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeIpSets;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.engine.DatagramDestinations;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.OriginalDestinations;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Userspace mode on a host of fakes, with what is special about it at hand; the sockets are real, on the loopback
 * address.
 */
final class FakeNode extends BackendOnHost<UserspaceBackend> {
    final FakeIptables iptables = host.tools(family);
    final FakeIpSets sets = host.openIpSets();
    final FakeLinks links = host.openLinks();
    /** No connection is looked up, which takes rights that the test may not have. */
    final UserspaceEngine engine = new UserspaceEngine(
            EngineOptions.of(UserspaceOptions.DEFAULT).withEventLoops(1),
            OriginalDestinations.CONNTRACK,
            NoDestinations::new);

    private final UserspaceConfig config;

    FakeNode(IpFamily family) {
        this(UserspaceConfig.defaults(family)
                .withLocalDetector(new LocalDetector.SourceCidr(
                        Cidr.of(family == IpFamily.IPV4 ? "10.244.0.0/16" : "fd00:244::/32"))));
    }

    FakeNode(UserspaceConfig config) {
        super(new FakeHost(), config.family());
        // whether sockets may have foreign addresses depends on the rights of the test
        this.config = new UserspaceConfig(config.common(), config.options().withClientSource(false));
    }

    @Override
    protected UserspaceBackend start() {
        return new UserspaceBackend(config, engine, iptables, sets, links, host.openPolicyRoutes(), host.sysctl());
    }

    /** The elements of the sets that are not empty, by set. */
    Map<String, Set<String>> elements() {
        Map<String, Set<String>> all = new TreeMap<>();
        for (String name : sets.names()) {
            if (!sets.elements(name).isEmpty()) {
                all.put(name, sets.elements(name));
            }
        }
        return all;
    }

    private static final class NoDestinations implements DatagramDestinations {
        @Override
        public Portal.@Nullable Address of(SocketAddress client, SocketAddress socket) {
            return null;
        }

        @Override
        public void close() {}
    }

    @Override
    public void close() {
        super.close();
        engine.close();
    }
}
