// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.testkit.fake.FakeCounters;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.fake.FakeSysctl;
import dev.sluice.testkit.model.EditableSnapshot;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A node with fake tools, the desired Services, and the backend between them. */
final class Node {
    static final String LOCALNET = "net.ipv4.conf.all.route_localnet";
    static final IptablesConfig V4 = IptablesConfig.defaults(IpFamily.IPV4)
            .withLocalDetector(new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16")));

    final FakeIptables tools;
    final FakeSysctl sysctl = new FakeSysctl().with(LOCALNET, "0");
    final FakeLinks links = new FakeLinks().device("eth0", "veth").address("eth0", "192.0.2.10", 24);
    final FakeCounters counters = new FakeCounters();
    final EditableSnapshot desired;
    final IptablesConfig config;
    IptablesBackend backend;

    Node(IptablesConfig config) {
        this.config = config;
        counters.unsupported();
        tools = new FakeIptables(config.family()).withCounters(counters);
        desired = new EditableSnapshot(config.family())
                .node(new NodeFacts("node", "", List.of(IpAddress.of("192.0.2.10")), List.of()));
        backend = new IptablesBackend(config, tools, sysctl, links, counters);
    }

    static Node v4() {
        return new Node(V4);
    }

    SyncReport full() throws SyncException {
        desired.changes();
        return backend.sync(desired, Changes.all());
    }

    SyncReport changed() throws SyncException {
        return backend.sync(desired, desired.changes());
    }

    void restart() {
        backend = new IptablesBackend(config, tools, sysctl, links, counters);
    }

    /** A table in force without remarks; shared chains sorted, since the order within them means nothing. */
    String dump(String table) {
        SavedTable saved = tools.inForce(table);
        var sorted = new TreeMap<String, List<String>>();
        for (String chain : saved.chains()) {
            boolean shared = DispatchRoot.find(table, chain).isPresent()
                    || (table.equals("nat") ? chain.matches("KUBE-SVC-.*[/-].*") : DispatchRoot.isFilterBranch(chain));
            List<String> rules = saved.rules(chain);
            sorted.put(chain, shared ? rules.stream().sorted().toList() : rules);
        }
        return sorted.entrySet().stream()
                .map(chain -> ":" + chain.getKey() + "\n"
                        + chain.getValue().stream()
                                .map(spec -> "-A " + chain.getKey() + " " + spec + "\n")
                                .collect(Collectors.joining()))
                .collect(Collectors.joining());
    }
}
