// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.upstream.UpstreamPort.Endpoint;
import dev.sluice.testkit.upstream.UpstreamTool.Jump;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * kube-proxy 1.36 in ipvs mode, for service ports with cluster addresses and node ports under Cluster policies: jumps,
 * the device {@code kube-ipvs0}, IP sets, virtual servers, and the rules in one restore, in this order; what is stale
 * is removed afterwards. It takes every endpoint for a local one, and so for a possible client of itself.
 */
final class UpstreamIpvs {
    private static final String DEVICE = "kube-ipvs0";
    private static final List<Jump> JUMPS = List.of(
            new Jump("nat", "OUTPUT", "", "kubernetes service portals", "KUBE-SERVICES"),
            new Jump("nat", "PREROUTING", "", "kubernetes service portals", "KUBE-SERVICES"),
            new Jump("nat", "POSTROUTING", "", "kubernetes postrouting rules", "KUBE-POSTROUTING"),
            new Jump("filter", "FORWARD", "", "kubernetes forwarding rules", "KUBE-FORWARD"),
            new Jump("filter", "INPUT", "", "kubernetes health check rules", "KUBE-NODE-PORT"),
            new Jump("filter", "INPUT", "", "kube-proxy firewall rules", "KUBE-PROXY-FIREWALL"),
            new Jump("filter", "FORWARD", "", "kube-proxy firewall rules", "KUBE-PROXY-FIREWALL"),
            new Jump("filter", "INPUT", "", "kubernetes ipvs access filter", "KUBE-IPVS-FILTER"),
            new Jump("filter", "OUTPUT", "", "kubernetes ipvs access filter", "KUBE-IPVS-OUT-FILTER"));

    private static final List<String> PARAMETERS =
            List.of("conntrack", "expire_nodest_conn", "expire_quiescent_template");
    /** Name without the prefix, and type. */
    private static final Map<String, String> SETS = sets();

    private final IpFamily family;
    private final String clusterCidr;

    /** @param clusterCidr of the family */
    UpstreamIpvs(IpFamily family, String clusterCidr) {
        this.family = family;
        this.clusterCidr = clusterCidr;
    }

    private static Map<String, String> sets() {
        Map<String, String> sets = new LinkedHashMap<>();
        sets.put("LOOP-BACK", "hash:ip,port,ip");
        for (String name : List.of("CLUSTER-IP", "EXTERNAL-IP", "EXTERNAL-IP-LOCAL", "LOAD-BALANCER")) {
            sets.put(name, "hash:ip,port");
        }
        sets.put("LOAD-BALANCER-LOCAL", "hash:ip,port");
        sets.put("LOAD-BALANCER-FW", "hash:ip,port");
        sets.put("LOAD-BALANCER-SOURCE-CIDR", "hash:ip,port,net");
        sets.put("LOAD-BALANCER-SOURCE-IP", "hash:ip,port,ip");
        for (String name : List.of("TCP", "LOCAL-TCP", "UDP", "LOCAL-UDP")) {
            sets.put("NODE-PORT-" + name, "bitmap:port");
        }
        sets.put("NODE-PORT-SCTP-HASH", "hash:ip,port");
        sets.put("NODE-PORT-LOCAL-SCTP-HASH", "hash:ip,port");
        sets.put("HEALTH-CHECK-NODE-PORT", "bitmap:port");
        sets.put("IPVS-IPS", "hash:ip");
        return sets;
    }

    private boolean isV4() {
        return family == IpFamily.IPV4;
    }

    /** The set's name in this family; the kernel takes 31 characters. */
    private String set(String name) {
        String whole = (isV4() ? "KUBE-" : "KUBE-6-") + name;
        return whole.substring(0, Math.min(31, whole.length()));
    }

    /** Carries out a first sync. */
    void write(LabHost node, List<UpstreamPort> ports) {
        UpstreamTool tool = new UpstreamTool(family, node);
        JUMPS.forEach(tool::ensure);
        PARAMETERS.forEach(name -> node.run("sysctl", "-q", "-w", "net.ipv4.vs." + name + "=1"));
        node.run("ip", "link", "add", DEVICE, "type", "dummy");
        SETS.forEach((name, type) -> createSet(node, set(name), type));
        UpstreamServers servers = new UpstreamServers(family, node);
        Map<String, Set<String>> members = new LinkedHashMap<>();
        SETS.keySet().forEach(name -> members.put(name, new TreeSet<>()));
        for (UpstreamPort port : ports) {
            servers.write(port, port.clusterIp(), port.port());
            bind(node, port.clusterIp().toString());
            if (port.nodePort() != 0) {
                servers.nodeAddresses(DEVICE).forEach(address -> servers.write(port, address, port.nodePort()));
            }
            addMembers(port, members);
        }
        members.forEach((name, elements) -> fill(node, set(name), elements));
        tool.restore(nat(members) + filter(), "--counters");
        Set<String> bound =
                ports.stream().map(port -> port.clusterIp().toString()).collect(Collectors.toSet());
        servers.addressesOf(DEVICE).stream()
                .filter(address -> !bound.contains(address))
                .forEach(address -> node.run("ip", "address", "delete", prefix(address), "dev", DEVICE));
        servers.removeStale();
    }

    private void createSet(LabHost node, String name, String type) {
        List<String> words = new ArrayList<>(List.of("ipset", "create", name, type, "-exist"));
        words.addAll(
                type.startsWith("bitmap")
                        ? List.of("range", "0-65535")
                        : List.of("family", isV4() ? "inet" : "inet6", "hashsize", "1024", "maxelem", "65536"));
        node.run(words.toArray(String[]::new)).orThrow();
    }

    private static void addMembers(UpstreamPort port, Map<String, Set<String>> members) {
        String name = port.protocolName();
        members.computeIfAbsent("CLUSTER-IP", _ -> new TreeSet<>())
                .add(port.clusterIp() + "," + name + ":" + port.port());
        members.computeIfAbsent("IPVS-IPS", _ -> new TreeSet<>())
                .add(port.clusterIp().toString());
        for (Endpoint endpoint : port.endpoints()) {
            members.computeIfAbsent("LOOP-BACK", _ -> new TreeSet<>())
                    .add(endpoint.address() + "," + name + ":" + endpoint.port() + "," + endpoint.address());
        }
        if (port.nodePort() != 0 && port.protocol() != Protocol.SCTP) {
            members.computeIfAbsent("NODE-PORT-" + port.protocol(), _ -> new TreeSet<>())
                    .add(Integer.toString(port.nodePort()));
        }
    }

    /** Deletes and adds single elements, so that those that stay are there all the time. */
    private static void fill(LabHost node, String set, Set<String> elements) {
        Set<String> present = new LinkedHashSet<>();
        node.run("ipset", "save", set)
                .orThrow()
                .lines()
                .filter(line -> line.startsWith("add "))
                .forEach(line -> present.add(line.split(" ")[2]));
        StringBuilder text = new StringBuilder();
        present.stream()
                .filter(element -> !elements.contains(element))
                .forEach(element -> text.append("del %s %s%n".formatted(set, element)));
        elements.forEach(element -> text.append("add %s %s%n".formatted(set, element)));
        node.feed(text.toString(), "ipset", "restore", "-exist").orThrow();
    }

    private void bind(LabHost node, String address) {
        node.run("ip", "address", "add", prefix(address), "dev", DEVICE);
    }

    private String prefix(String address) {
        return address + (isV4() ? "/32" : "/128");
    }

    private String match(String set, String directions) {
        return "-m set --match-set " + set(set) + " " + directions + " ";
    }

    private String nat(Map<String, Set<String>> members) {
        StringBuilder text = new StringBuilder("""
                *nat
                :KUBE-SERVICES - [0:0]
                :KUBE-POSTROUTING - [0:0]
                :KUBE-NODE-PORT - [0:0]
                :KUBE-LOAD-BALANCER - [0:0]
                :KUBE-MARK-MASQ - [0:0]
                -A KUBE-SERVICES -s %s -j RETURN
                """.formatted(isV4() ? "127.0.0.0/8" : "::1/128"));
        for (String protocol : List.of("tcp", "udp")) {
            String ports = "NODE-PORT-" + protocol.toUpperCase(Locale.ROOT);
            String marked = "-A KUBE-NODE-PORT -p " + protocol + " " + match(ports, "dst") + "-j KUBE-MARK-MASQ\n";
            text.append(ifAny(members, ports, marked));
        }
        String cluster = "-A KUBE-SERVICES " + match("CLUSTER-IP", "dst,dst") + "! -s " + clusterCidr;
        text.append(ifAny(members, "CLUSTER-IP", cluster + " -j KUBE-MARK-MASQ\n"));
        String hairpin = "-A KUBE-POSTROUTING " + match("LOOP-BACK", "dst,dst,src") + "-j MASQUERADE\n";
        text.append(ifAny(members, "LOOP-BACK", hairpin));
        return text + """
                -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
                -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
                -A KUBE-SERVICES %s-j ACCEPT
                -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
                -A KUBE-POSTROUTING -j MARK --xor-mark 0x4000
                -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE \
                --random-fully
                -A KUBE-MARK-MASQ -j MARK --or-mark 0x4000
                COMMIT
                """.formatted(match("CLUSTER-IP", "dst,dst"));
    }

    /** Rules on a set are written when it has elements. */
    private static String ifAny(Map<String, Set<String>> members, String set, String rule) {
        return members.getOrDefault(set, Set.of()).isEmpty() ? "" : rule;
    }

    private String filter() {
        StringBuilder text = new StringBuilder("""
                *filter
                :KUBE-FORWARD - [0:0]
                :KUBE-NODE-PORT - [0:0]
                :KUBE-PROXY-FIREWALL - [0:0]
                :KUBE-SOURCE-RANGES-FIREWALL - [0:0]
                :KUBE-IPVS-FILTER - [0:0]
                :KUBE-IPVS-OUT-FILTER - [0:0]
                -A KUBE-SOURCE-RANGES-FIREWALL -j DROP
                -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
                -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack \
                --ctstate RELATED,ESTABLISHED -j ACCEPT
                -A KUBE-NODE-PORT %s-j ACCEPT
                """.formatted(match("HEALTH-CHECK-NODE-PORT", "dst")));
        for (String set : List.of("LOAD-BALANCER", "CLUSTER-IP", "EXTERNAL-IP", "EXTERNAL-IP-LOCAL")) {
            text.append("-A KUBE-IPVS-FILTER ").append(match(set, "dst,dst")).append("-j RETURN\n");
        }
        return text + "-A KUBE-IPVS-FILTER " + match("HEALTH-CHECK-NODE-PORT", "dst") + "-j RETURN\n"
                + "-A KUBE-IPVS-FILTER -m conntrack --ctstate NEW " + match("IPVS-IPS", "dst") + "-j REJECT\nCOMMIT\n";
    }
}
