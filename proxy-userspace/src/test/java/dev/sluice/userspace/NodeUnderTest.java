// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.NetlinkIpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.IptablesTools;
import dev.sluice.linux.process.SystemCommands;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.NetlinkLinks;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.model.EditableSnapshot;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.engine.EngineOptions;
import dev.sluice.userspace.engine.UserspaceEngine;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Userspace mode of one family on the lab's node-a: real rules, real sets, real sockets. */
final class NodeUnderTest implements AutoCloseable {
    final Lab lab;
    final IpFamily family;
    final EditableSnapshot snapshot;
    final UserspaceEngine engine;
    final UserspaceBackend backend;
    private final IpSets sets;
    private final Links links;

    NodeUnderTest(Lab lab, IpFamily family, Iptables.Variant variant) throws Exception {
        this.lab = lab;
        this.family = family;
        snapshot = new EditableSnapshot(family)
                .node(new NodeFacts(
                        LabAddresses.NODE_A, "", List.of(LabAddresses.of(LabAddresses.NODE_A, family)), List.of()));
        UserspaceConfig config = UserspaceConfig.defaults(family)
                .withLocalDetector(new LocalDetector.SourceCidr(
                        Cidr.of(family == IpFamily.IPV4 ? "10.244.0.0/16" : "fd00:244::/32")));
        engine = new UserspaceEngine(EngineOptions.of(UserspaceOptions.DEFAULT.withTimeouts(
                        Duration.ofSeconds(10), UserspaceOptions.DEFAULT.connectTimeouts(), Duration.ofSeconds(1)))
                .withEventLoops(2));
        Iptables iptables = lab.node()
                .call(() -> IptablesTools.discover(new SystemCommands(), Optional.of(variant))
                        .open(family));
        sets = lab.node().call(NetlinkIpSets::open);
        links = lab.node().call(NetlinkLinks::open);
        backend = new UserspaceBackend(config, engine, iptables, sets, links);
    }

    SyncReport sync() {
        return sync(snapshot.changes());
    }

    SyncReport sync(Changes since) {
        return lab.node().call(() -> backend.sync(snapshot, since));
    }

    void cleanUp() {
        lab.node().call(() -> {
            backend.cleanUp();
            return true;
        });
    }

    @Override
    public void close() {
        try {
            cleanUp();
        } finally {
            engine.close();
            sets.close();
            links.close();
        }
    }
}
