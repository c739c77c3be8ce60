// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.linux.route.NetlinkPolicyRoutes;
import dev.sluice.linux.route.PolicyRoutes;
import dev.sluice.linux.sysctl.ProcSysctl;
import dev.sluice.testkit.contract.BackendInLab;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.userspace.config.ProxyMark;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.time.Duration;
import java.util.Optional;

/** Userspace mode in the lab, with its engine. */
final class NodeUnderTest extends BackendInLab<UserspaceBackend> {
    final UserspaceEngine engine;
    private final IpSets sets;
    private final Links links;
    private final PolicyRoutes routes;

    NodeUnderTest(Lab lab, IpFamily family, Variant variant) {
        this(lab, family, variant, false);
    }

    /** @param clientSource whether endpoints see the address of their client */
    NodeUnderTest(Lab lab, IpFamily family, Variant variant, boolean clientSource) {
        this(
                lab,
                family,
                variant,
                engine(),
                lab.node().call(NetlinkIpSets::open),
                lab.node().call(NetlinkLinks::open),
                lab.node().call(NetlinkPolicyRoutes::open),
                clientSource);
    }

    private NodeUnderTest(
            Lab lab,
            IpFamily family,
            Variant variant,
            UserspaceEngine engine,
            IpSets sets,
            Links links,
            PolicyRoutes routes,
            boolean clientSource) {
        super(
                lab,
                family,
                () -> new UserspaceBackend(
                        config(family, clientSource),
                        engine,
                        IptablesTools.discover(new SystemCommands(), Optional.of(variant))
                                .open(family),
                        sets,
                        links,
                        routes,
                        new ProcSysctl()));
        this.engine = engine;
        this.sets = sets;
        this.links = links;
        this.routes = routes;
    }

    private static UserspaceEngine engine() {
        return new UserspaceEngine(EngineOptions.of(UserspaceOptions.DEFAULT.withTimeouts(
                        Duration.ofSeconds(10), UserspaceOptions.DEFAULT.connectTimeouts(), Duration.ofSeconds(1)))
                .withSocketMark(ProxyMark.sent())
                .withEventLoops(2));
    }

    private static UserspaceConfig config(IpFamily family, boolean clientSource) {
        return new UserspaceConfig(
                        BackendConfig.defaults(family), UserspaceOptions.DEFAULT.withClientSource(clientSource))
                .withLocalDetector(new LocalDetector.SourceCidr(
                        Cidr.of(family == IpFamily.IPV4 ? "10.244.0.0/16" : "fd00:244::/32")));
    }

    @Override
    public void close() {
        try {
            super.close();
        } finally {
            engine.close();
            sets.close();
            links.close();
            routes.close();
        }
    }
}
