// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.plan.PortPlan;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.RealServerState;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.ipvs.VirtualServerState;
import dev.sluice.testkit.fake.FakeIpSets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/** Virtual servers as {@code ipvsadm -Sn} prints them, and sets as {@code ipset save} does; both sorted. */
public final class KernelText {
    private KernelText() {}

    public static String ipvsadm(Ipvs ipvs) throws NetlinkException {
        List<String> blocks = new ArrayList<>();
        for (VirtualServerState service : ipvs.virtualServers()) {
            List<RealServer> destinations = ipvs.realServers(service.server().key()).stream()
                    .map(RealServerState::server)
                    .toList();
            blocks.add(server(service.server(), destinations));
        }
        return blocks.stream().sorted().collect(Collectors.joining());
    }

    public static String ipvsadm(PortPlan plan) {
        return plan.servers().stream()
                .map(s -> server(s.server(), s.realServers()))
                .collect(Collectors.joining());
    }

    public static String ipset(PortPlan plan, IpFamily family) {
        return plan.members().stream()
                .map(m -> "add " + m.set().nameIn(family) + " " + m.entry() + "\n")
                .collect(Collectors.joining());
    }

    public static String ipset(FakeIpSets sets) {
        return sets.names().stream()
                .sorted()
                .flatMap(name -> sets.elements(name).stream().map(e -> "add " + name + " " + e + "\n"))
                .collect(Collectors.joining());
    }

    private static String server(VirtualServer server, List<RealServer> destinations) {
        String key = key(server.key());
        StringBuilder text = new StringBuilder("-A " + key + " -s " + server.scheduler());
        if ((server.flags() & VirtualServer.PERSISTENT) != 0) {
            text.append(" -p ").append(server.timeoutSeconds());
        }
        List<String> flags = new ArrayList<>();
        if ((server.flags() & VirtualServer.SCHED_1) != 0) {
            flags.add(server.scheduler() + "-fallback");
        }
        if ((server.flags() & VirtualServer.SCHED_2) != 0) {
            flags.add(server.scheduler() + "-port");
        }
        if (!flags.isEmpty()) {
            text.append(" -b ").append(String.join(",", flags));
        }
        text.append('\n');
        destinations.stream()
                .map(d -> "-a " + key + " -r " + d.socketAddress() + " -m -w " + d.weight() + "\n")
                .sorted()
                .forEach(text::append);
        return text.toString();
    }

    private static String key(VirtualServerKey key) {
        String protocol = switch (key.protocol()) {
            case TCP -> "-t ";
            case UDP -> "-u ";
            case SCTP -> "--sctp-service ";
        };
        return protocol + key.address().withPort(key.port());
    }
}
