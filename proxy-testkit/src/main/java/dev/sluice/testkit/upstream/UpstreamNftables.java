// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.upstream.UpstreamPort.Endpoint;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The table of kube-proxy 1.36 in nftables mode, as far as service ports with cluster addresses and node ports under
 * Cluster policies need it, written in one transaction.
 */
final class UpstreamNftables {
    private static final String MARK = "0x4000";
    private final IpFamily family;
    private final String clusterCidr;

    /** @param clusterCidr of the family */
    UpstreamNftables(IpFamily family, String clusterCidr) {
        this.family = family;
        this.clusterCidr = clusterCidr;
    }

    private String ip() {
        return family == IpFamily.IPV4 ? "ip" : "ip6";
    }

    void write(LabHost node, List<UpstreamPort> ports) {
        String table = ip() + " kube-proxy";
        String text = "add table " + table + "\nflush table " + table + "\ndelete table " + table + "\n"
                + "table " + table + " {\n" + frame() + elements(ports)
                + ports.stream().map(this::chains).collect(Collectors.joining()) + "}\n";
        node.feed(text, "nft", "-f", "-").orThrow();
    }

    private String frame() {
        return """
            chain nat-prerouting { type nat hook prerouting priority dstnat; jump services; }
            chain nat-output { type nat hook output priority -100; jump services; }
            chain nat-postrouting { type nat hook postrouting priority srcnat; jump masquerading; }
            chain masquerading {
                meta mark & %1$s != 0 meta mark set meta mark ^ %1$s masquerade fully-random
                ct status dnat %2$s saddr . %2$s daddr . meta l4proto . th dport @hairpin-connections \
            masquerade fully-random
            }
            chain services {
                %2$s daddr @cluster-ips %2$s saddr != %3$s meta mark set meta mark | %1$s
                %2$s daddr . meta l4proto . th dport vmap @service-ips
                fib daddr type local meta l4proto . th dport vmap @service-nodeports
            }
            """.formatted(MARK, ip(), clusterCidr);
    }

    private String elements(List<UpstreamPort> ports) {
        String address = family == IpFamily.IPV4 ? "ipv4_addr" : "ipv6_addr";
        return set(
                        "set",
                        "cluster-ips",
                        address,
                        ports.stream()
                                .map(port -> port.clusterIp().toString())
                                .distinct()
                                .toList())
                + set(
                        "set",
                        "hairpin-connections",
                        address + " . " + address + " . inet_proto . inet_service",
                        ports.stream()
                                .flatMap(port -> port.endpoints().stream()
                                        .map(to -> to.address() + " . " + to.address() + " . " + port.protocolName()
                                                + " . " + to.port()))
                                .distinct()
                                .toList())
                + set(
                        "map",
                        "service-ips",
                        address + " . inet_proto . inet_service : verdict",
                        ports.stream()
                                .map(port -> port.clusterIp() + " . " + port.protocolName() + " . " + port.port()
                                        + " : goto " + chain("service", port))
                                .toList())
                + set(
                        "map",
                        "service-nodeports",
                        "inet_proto . inet_service : verdict",
                        ports.stream()
                                .filter(port -> port.nodePort() != 0)
                                .map(port -> port.protocolName() + " . " + port.nodePort() + " : goto "
                                        + chain("external", port))
                                .toList());
    }

    private static String set(String kind, String name, String type, List<String> elements) {
        return kind + " " + name + " { type " + type + ";"
                + (elements.isEmpty() ? "" : " elements = { " + String.join(", ", elements) + " }") + " }\n";
    }

    private static String chain(String kind, UpstreamPort port) {
        String[] parts = port.name().split(":", 2);
        String name = parts[0] + "/" + port.protocolName() + "/" + (parts.length > 1 ? parts[1] : "");
        return kind + "-" + UpstreamPort.hash(name).substring(0, 8) + "-" + name;
    }

    private String chains(UpstreamPort port) {
        List<Endpoint> to = port.endpoints();
        String choices = IntStream.range(0, to.size())
                .mapToObj(
                        i -> i + " : " + to.get(i).address() + " . " + to.get(i).port())
                .collect(Collectors.joining(", "));
        return """
            chain %1$s {
                meta l4proto %2$s dnat %3$s addr . port to numgen random mod %4$d map { %5$s }
            }
            chain %6$s { meta mark set meta mark | %7$s; goto %1$s; }
            """.formatted(
                chain("service", port), port.protocolName(), ip(), to.size(), choices, chain("external", port), MARK);
    }
}
