// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Links, addresses and routes of the lab. Pods are connected to their node by routed veths, each with a link-local
 * gateway, as with routing CNIs. So a Pod's packets to its own node's addresses, to other Pods and back to itself
 * (hairpin) all pass the node's forwarding path. node-b is node-a's default gateway and answers "unreachable" for
 * unknown destinations, so a Service address that node-a does not serve fails at once instead of timing out.
 */
final class Topology {
    private static final String GATEWAY_4 = "169.254.1.1";
    private static final String GATEWAY_6 = "fe80::1";
    private final Lab lab;

    Topology(Lab lab) {
        this.lab = lab;
    }

    void build() {
        lab.hosts().forEach(this::sysctls);
        batch(lab.node(), nodeA());
        batch(lab.otherNode(), nodeB());
        batch(lab.client(), client());
        LabAddresses.LOCAL_PODS.forEach(p -> batch(lab.pod(p), pod(p)));
        LabAddresses.REMOTE_PODS.forEach(p -> batch(lab.pod(p), pod(p)));
    }

    private String nodeA() {
        StringBuilder s = new StringBuilder("link set lo up\n");
        s.append(veth("eth0", LabAddresses.NODE_B, "eth0"));
        s.append(veth("eth1", LabAddresses.CLIENT, "eth0"));
        s.append(address("eth0", "192.168.10.1/24", "fd00:10::1/64"));
        s.append(address("eth1", "192.168.20.1/24", "fd00:20::1/64"));
        LabAddresses.LOCAL_PODS.forEach(p -> s.append(podLink(p)));
        s.append("route add default via 192.168.10.2\n");
        s.append("route add default via fd00:10::2\n");
        s.append("route add 198.19.0.0/16 via 192.168.20.9\n");
        s.append("route add fd00:20:1::/64 via fd00:20::9\n");
        s.append("route add ").append(LabAddresses.blackHole(IpFamily.IPV4));
        s.append("/32 via 10.244.1.5 dev pod-a5 onlink\n");
        s.append("route add ").append(LabAddresses.blackHole(IpFamily.IPV6));
        s.append("/128 via fd00:244:1::5 dev pod-a5 onlink\n");
        return s.toString();
    }

    private String nodeB() {
        StringBuilder s = new StringBuilder("link set lo up\n");
        s.append(address("eth0", "192.168.10.2/24", "fd00:10::2/64"));
        LabAddresses.REMOTE_PODS.forEach(p -> s.append(podLink(p)));
        for (String net : List.of("10.244.1.0/24", "192.168.20.0/24")) {
            s.append("route add ").append(net).append(" via 192.168.10.1\n");
        }
        for (String net : List.of("fd00:244:1::/64", "fd00:20::/64")) {
            s.append("route add ").append(net).append(" via fd00:10::1\n");
        }
        s.append("route add 198.18.0.0/16 via 10.244.2.5 dev pod-b5 onlink\n");
        s.append("route add fd00:244:3::/64 via fd00:244:2::5 dev pod-b5 onlink\n");
        s.append("route add unreachable default\n");
        s.append("route add unreachable ::/0\n");
        return s.toString();
    }

    private static String client() {
        return "link set lo up\n"
                + "route add local 198.19.0.0/16 dev lo\nroute add local fd00:20:1::/64 dev lo\n"
                + address("eth0", "192.168.20.9/24", "fd00:20::9/64")
                + "route add default via 192.168.20.1\n"
                + "route add default via fd00:20::1\n";
    }

    private static String pod(String name) {
        String crowd = name.equals("b5")
                ? "route add local 198.18.0.0/16 dev lo\nroute add local fd00:244:3::/64 dev lo\n"
                : "";
        return "link set lo up\n"
                + crowd
                + address(
                        "eth0",
                        LabAddresses.of(name, IpFamily.IPV4) + "/32",
                        LabAddresses.of(name, IpFamily.IPV6) + "/128")
                + "route add default via " + GATEWAY_4 + " dev eth0 onlink\n"
                + "route add default via " + GATEWAY_6 + " dev eth0\n";
    }

    /** The {@code ip} commands for the node's end of a Pod's link and the routes to the Pod. */
    private String podLink(String pod) {
        String link = "pod-" + pod;
        String node = LabAddresses.nodeOf(pod);
        IpAddress v4 = LabAddresses.of(pod, IpFamily.IPV4);
        IpAddress v6 = LabAddresses.of(pod, IpFamily.IPV6);
        return veth(link, pod, "eth0")
                + "addr add " + GATEWAY_4 + "/32 dev " + link + " scope link\n"
                + "addr add " + GATEWAY_6 + "/64 dev " + link + " nodad\n"
                + "link set " + link + " up\n"
                + "route add " + v4 + "/32 dev " + link + " src " + LabAddresses.of(node, IpFamily.IPV4) + "\n"
                + "route add " + v6 + "/128 dev " + link + " src " + LabAddresses.of(node, IpFamily.IPV6) + "\n";
    }

    private String veth(String name, String peerHost, String peerName) {
        return "link add " + name + " type veth peer name " + peerName + " netns "
                + lab.host(peerHost).namespaceFile() + "\n";
    }

    private static String address(String link, String v4, String v6) {
        return "addr add " + v4 + " dev " + link + "\n"
                + "addr add " + v6 + " dev " + link + " nodad\n"
                + "link set " + link + " up\n";
    }

    private static void batch(LabHost host, String commands) {
        host.feed(commands, "ip", "-batch", "-").orThrow();
    }

    /**
     * Lifts the limits on ICMP errors, which would turn some refusals into time-outs, and disables duplicate address
     * detection, which would delay IPv6; and keeps the ports that callers choose from sockets that take any.
     */
    private void sysctls(LabHost host) {
        boolean node = host == lab.node() || host == lab.otherNode();
        host.call(() -> {
            for (String scope : List.of("all", "default")) {
                write("net/ipv4/conf/" + scope + "/rp_filter", "0");
                write("net/ipv4/conf/" + scope + "/send_redirects", "0");
                write("net/ipv4/conf/" + scope + "/forwarding", node ? "1" : "0");
                write("net/ipv6/conf/" + scope + "/disable_ipv6", "0");
                write("net/ipv6/conf/" + scope + "/accept_dad", "0");
                write("net/ipv6/conf/" + scope + "/accept_ra", "0");
                write("net/ipv6/conf/" + scope + "/forwarding", node ? "1" : "0");
            }
            // IPv6 needs it to bind the addresses of a local route
            write("net/ipv6/ip_nonlocal_bind", "1");
            write(
                    "net/ipv4/ip_local_reserved_ports",
                    LabAddresses.FIRST_SOURCE_PORT + "-" + LabAddresses.LAST_SOURCE_PORT);
            write("net/ipv4/icmp_ratelimit", "0");
            write("net/ipv4/icmp_ratemask", "0");
            write("net/ipv6/icmp/ratelimit", "0");
            write("net/ipv6/icmp/ratemask", "255");
            return host;
        });
    }

    private static void write(String key, String value) throws IOException {
        Files.writeString(Path.of("/proc/sys", key), value);
    }
}
