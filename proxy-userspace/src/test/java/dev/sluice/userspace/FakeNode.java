// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeIpSets;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Userspace mode on a fake host, with what is special about it at hand; the sockets are real, on the loopback address.
 */
final class FakeNode implements AutoCloseable {
    final IpFamily family;
    final EditableSnapshot snapshot;
    final FakeIptables iptables;
    final FakeIpSets sets;
    final FakeLinks links;
    final UserspaceEngine engine =
            new UserspaceEngine(EngineOptions.of(UserspaceOptions.DEFAULT).withEventLoops(1));
    final UserspaceBackend backend;

    FakeNode(IpFamily family) {
        this(UserspaceConfig.defaults(family)
                .withLocalDetector(new LocalDetector.SourceCidr(
                        Cidr.of(family == IpFamily.IPV4 ? "10.244.0.0/16" : "fd00:244::/32"))));
    }

    FakeNode(UserspaceConfig config) {
        family = config.family();
        snapshot = new EditableSnapshot(family);
        FakeHost host = new FakeHost();
        iptables = host.tools(family);
        sets = host.openIpSets();
        links = host.openLinks();
        backend = new UserspaceBackend(config, engine, iptables, sets, links);
    }

    SyncReport sync() throws SyncException {
        return backend.sync(snapshot, snapshot.changes());
    }

    SyncReport full() throws SyncException {
        snapshot.changes();
        return backend.sync(snapshot, Changes.all());
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

    @Override
    public void close() {
        backend.close();
        engine.close();
    }
}
