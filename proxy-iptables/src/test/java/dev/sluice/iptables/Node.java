// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.affinity.HostSets;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.render.DispatchRoot;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.testkit.contract.BackendOnHost;
import dev.sluice.testkit.fake.FakeCounters;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.FakeIpSets;
import dev.sluice.testkit.fake.FakeIptables;
import dev.sluice.testkit.fake.FakeLinks;
import dev.sluice.testkit.fake.FakeSysctl;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** iptables mode on a host of fakes without named counters, with what is special about it at hand. */
final class Node extends BackendOnHost<IptablesBackend> {
    static final String LOCALNET = "net.ipv4.conf.all.route_localnet";
    static final IptablesConfig V4 = IptablesConfig.defaults(IpFamily.IPV4)
            .withLocalDetector(new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16")));
    private static final IpAddress ADDRESS = IpAddress.of("192.0.2.10");

    final FakeIptables tools = host.tools(family);
    final FakeSysctl sysctl = host.sysctl();
    final FakeLinks links = host.openLinks();
    final FakeCounters counters = host.openCounters().unsupported();
    final FakeIpSets sets = host.openIpSets();
    final IptablesConfig config;
    final Map<String, List<IpAddress>> recent = new HashMap<>();
    /** Why the kernel has no IP sets; null when it has. */
    @Nullable
    NetlinkException noSets;

    private Iptables through = tools;

    Node(IptablesConfig config) {
        super(FakeHost.withNode(ADDRESS), config.family(), ADDRESS);
        this.config = config;
    }

    static Node v4() {
        return new Node(V4);
    }

    @Override
    protected IptablesBackend start() {
        HostSets remembering = new HostSets(
                () -> {
                    if (noSets != null) {
                        throw noSets;
                    }
                    return sets;
                },
                list -> recent.getOrDefault(list, List.of()));
        return new IptablesBackend(config, through, sysctl, links, counters, remembering);
    }

    /** Ends the process and starts one that has {@code other} in place of the tools. */
    void restart(Iptables other) {
        through = other;
        restart();
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
