// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.upstream;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.upstream.UpstreamPort.Endpoint;
import dev.sluice.testkit.upstream.UpstreamTool.Jump;
import java.util.List;
import java.util.Locale;

/**
 * The rules of kube-proxy 1.36 in iptables mode, for service ports with cluster addresses and node ports under Cluster
 * policies, written as it writes them: jumps first, each put in front where it is missing, then one restore.
 */
final class UpstreamIptables {
    private static final String MARK = "0x00004000";
    private static final String NEW = "-m conntrack --ctstate NEW ";
    private static final List<Jump> JUMPS = List.of(
            new Jump("filter", "INPUT", NEW, "kubernetes externally-visible service portals", "KUBE-EXTERNAL-SERVICES"),
            new Jump(
                    "filter",
                    "FORWARD",
                    NEW,
                    "kubernetes externally-visible service portals",
                    "KUBE-EXTERNAL-SERVICES"),
            new Jump("filter", "INPUT", "", "kubernetes health check service ports", "KUBE-NODEPORTS"),
            new Jump("filter", "FORWARD", NEW, "kubernetes service portals", "KUBE-SERVICES"),
            new Jump("filter", "OUTPUT", NEW, "kubernetes service portals", "KUBE-SERVICES"),
            new Jump("filter", "FORWARD", "", "kubernetes forwarding rules", "KUBE-FORWARD"),
            new Jump("filter", "INPUT", NEW, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL"),
            new Jump("filter", "OUTPUT", NEW, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL"),
            new Jump("filter", "FORWARD", NEW, "kubernetes load balancer firewall", "KUBE-PROXY-FIREWALL"),
            new Jump("nat", "OUTPUT", "", "kubernetes service portals", "KUBE-SERVICES"),
            new Jump("nat", "PREROUTING", "", "kubernetes service portals", "KUBE-SERVICES"),
            new Jump("nat", "POSTROUTING", "", "kubernetes postrouting rules", "KUBE-POSTROUTING"));

    /** Without a comment, as the kubelet has them too. */
    private static final List<Jump> GUARD_JUMPS = List.of(
            new Jump("filter", "INPUT", "", "", "KUBE-FIREWALL"),
            new Jump("filter", "OUTPUT", "", "", "KUBE-FIREWALL"));

    private final IpFamily family;
    private final String clusterCidr;

    /** @param clusterCidr of the family */
    UpstreamIptables(IpFamily family, String clusterCidr) {
        this.family = family;
        this.clusterCidr = clusterCidr;
    }

    /** Writes the rules of a first sync; stale chains of Services are deleted afterwards, as there. */
    void write(LabHost node, List<UpstreamPort> ports) {
        UpstreamTool tool = new UpstreamTool(family, node);
        JUMPS.forEach(tool::ensure);
        if (family == IpFamily.IPV4) {
            GUARD_JUMPS.forEach(tool::ensure);
        }
        String text = filter() + nat(ports);
        tool.restore(text, "--counters");
        String stale = UpstreamText.staleChains(tool.save(), text);
        if (!stale.isEmpty()) {
            tool.restore(stale);
        }
    }

    private String filter() {
        boolean v4 = family == IpFamily.IPV4;
        return """
                *filter
                :KUBE-SERVICES - [0:0]
                :KUBE-EXTERNAL-SERVICES - [0:0]
                :KUBE-FORWARD - [0:0]
                :KUBE-NODEPORTS - [0:0]
                :KUBE-PROXY-FIREWALL - [0:0]
                %1$s-A KUBE-FORWARD -m conntrack --ctstate INVALID -j DROP
                -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark %2$s/%2$s -j ACCEPT
                -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack \
                --ctstate RELATED,ESTABLISHED -j ACCEPT
                COMMIT
                """.formatted(v4 ? LOOPBACK_GUARD : "", MARK);
    }

    private static final String LOOPBACK_GUARD = """
            :KUBE-FIREWALL - [0:0]
            -A KUBE-FIREWALL -m comment --comment "block incoming localnet connections" -d 127.0.0.0/8 \
            ! -s 127.0.0.0/8 -m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT -j DROP
            """;

    private String nat(List<UpstreamPort> ports) {
        StringBuilder chains = new StringBuilder("""
                *nat
                :KUBE-SERVICES - [0:0]
                :KUBE-NODEPORTS - [0:0]
                :KUBE-POSTROUTING - [0:0]
                :KUBE-MARK-MASQ - [0:0]
                """);
        StringBuilder rules = new StringBuilder("""
                -A KUBE-POSTROUTING -m mark ! --mark %1$s/%1$s -j RETURN
                -A KUBE-POSTROUTING -j MARK --xor-mark %1$s
                -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE \
                --random-fully
                -A KUBE-MARK-MASQ -j MARK --or-mark %1$s
                """.formatted(MARK));
        ports.forEach(port -> add(port, chains, rules));
        String notLoopback = family == IpFamily.IPV4 ? "" : " ! -d ::1/128";
        return chains.append(rules) + """
                -A KUBE-SERVICES -m comment --comment "kubernetes service nodeports; NOTE: this must be the last rule in \
                this chain" -m addrtype --dst-type LOCAL%s -j KUBE-NODEPORTS
                COMMIT
                """.formatted(notLoopback);
    }

    private void add(UpstreamPort port, StringBuilder chains, StringBuilder rules) {
        String service = port.chain("KUBE-SVC-");
        String match =
                "-m %1$s -p %1$s -d %2$s --dport %3$d".formatted(port.protocolName(), port.clusterIp(), port.port());
        declare(chains, service);
        String head = comment(port.name() + " cluster IP") + match;
        rules.append("-A KUBE-SERVICES ")
                .append(head)
                .append(" -j ")
                .append(service)
                .append('\n');
        rules.append("-A ").append(service).append(' ').append(head);
        rules.append(" ! -s ").append(clusterCidr).append(" -j KUBE-MARK-MASQ\n");
        if (port.nodePort() != 0) {
            addNodePort(port, service, chains, rules);
        }
        int left = port.endpoints().size();
        for (Endpoint endpoint : port.endpoints()) {
            String chain = port.chain(endpoint);
            declare(chains, chain);
            rules.append("-A ").append(service).append(' ').append(comment(port.name() + " -> " + endpoint));
            rules.append(left > 1 ? probability(left) : "")
                    .append("-j ")
                    .append(chain)
                    .append('\n');
            left--;
            String own = "-A " + chain + " " + comment(port.name());
            rules.append(own).append("-s ").append(endpoint.address()).append(" -j KUBE-MARK-MASQ\n");
            rules.append(own)
                    .append("-m %1$s -p %1$s -j DNAT --to-destination %2$s%n".formatted(port.protocolName(), endpoint));
        }
    }

    private static void addNodePort(UpstreamPort port, String service, StringBuilder chains, StringBuilder rules) {
        String external = port.chain("KUBE-EXT-");
        declare(chains, external);
        rules.append("-A KUBE-NODEPORTS ").append(comment(port.name()));
        rules.append(
                "-m %1$s -p %1$s --dport %2$d -j %3$s%n".formatted(port.protocolName(), port.nodePort(), external));
        rules.append("-A ").append(external).append(' ');
        rules.append(comment("masquerade traffic for " + port.name() + " external destinations"));
        rules.append("-j KUBE-MARK-MASQ\n");
        rules.append("-A ").append(external).append(" -j ").append(service).append('\n');
    }

    private static void declare(StringBuilder chains, String chain) {
        chains.append(':').append(chain).append(" - [0:0]\n");
    }

    private static String comment(String text) {
        return "-m comment --comment \"" + text + "\" ";
    }

    private static String probability(int left) {
        return String.format(Locale.ROOT, "-m statistic --mode random --probability %.10f ", 1.0 / left);
    }
}
