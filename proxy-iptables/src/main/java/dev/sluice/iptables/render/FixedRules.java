package dev.sluice.iptables.render;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.node.RuleCounters;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.rules.ConnectionState;
import dev.sluice.linux.rules.PacketMark;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;
import dev.sluice.linux.rules.RuleTable;
import java.util.ArrayList;
import java.util.List;

/**
 * Renders the rules that are there whatever Services exist.
 *
 * @param nodePortRules what ends KUBE-SERVICES in nat: who gets to the node ports
 * @param randomFully whether masquerading picks source ports at random, so that two clients rarely race for one
 * @param dropInvalid whether packets that conntrack cannot place are dropped: answered by the node's own stack, they would
 *     reset the client's connection
 * @param countInvalid whether those are counted
 */
public record FixedRules(
        IptablesConfig config,
        List<String> nodePortRules,
        boolean randomFully,
        boolean dropInvalid,
        boolean countInvalid) {
    private static final String NODE_PORTS_COMMENT =
            "kubernetes service nodeports; NOTE: this must be the last rule in this chain";
    static final Cidr V4_LOOPBACK = Cidr.of("127.0.0.0/8");
    private static final Cidr V6_LOOPBACK = Cidr.of("::1/128");

    public FixedRules {
        nodePortRules = List.copyOf(nodePortRules);
    }

    /** Whether node ports answer on 127.0.0.1, for which the kernel must route loopback addresses. */
    public static boolean servesLocalhost(IptablesConfig config) {
        return config.family() == IpFamily.IPV4
                && config.localhostNodePorts()
                && config.nodePortAddresses().containsLoopback();
    }

    /** Whether node ports are to be served on that address of the node. */
    public static boolean servesNodePorts(IptablesConfig config, IpAddress address) {
        return config.nodePortAddresses().contains(address) && (!address.isLoopback() || servesLocalhost(config));
    }

    /**
     * The rules that lead to the node ports.
     *
     * @param local the addresses of the node's interfaces
     */
    public static List<String> nodePortRules(IptablesConfig config, List<IpAddress> local) {
        if (!config.nodePortAddresses().matchesAll()) {
            return local.stream()
                    .filter(address -> servesNodePorts(config, address))
                    .distinct()
                    .sorted()
                    .map(address -> rule().to(address)
                            .comment(NODE_PORTS_COMMENT)
                            .jump(FixedChains.NODE_PORTS)
                            .text())
                    .toList();
        }
        RuleBuilder rule = rule().comment(NODE_PORTS_COMMENT).toLocalAddress();
        if (!servesLocalhost(config)) {
            rule.notTo(config.family() == IpFamily.IPV4 ? V4_LOOPBACK : V6_LOOPBACK);
        }
        return List.of(rule.jump(FixedChains.NODE_PORTS).text());
    }

    /** The shared part of nat. The dispatch chains keep what {@code inForce} has in them: their rules belong to ports. */
    public TableRules nat(SavedTable inForce) {
        TableRules.Builder table = TableRules.of(FixedChains.NAT);
        for (String dispatch : FixedChains.NAT_DISPATCH) {
            table.chain(dispatch, inForce.rules(dispatch));
        }
        return nat().addTo(table).build();
    }

    private RuleTable nat() {
        PacketMark mark = new PacketMark(config.masqueradeBit());
        Rule masquerade =
                rule().comment("kubernetes service traffic requiring SNAT").masquerade(randomFully);
        return RuleTable.of(FixedChains.NAT)
                .chain(FixedChains.POSTROUTING, rule().notMarked(mark).leave(), rule().flipMark(mark), masquerade)
                .chain(FixedChains.MARK_MASQ, rule().setMark(mark))
                .jump("OUTPUT", jump("kubernetes service portals", FixedChains.SERVICES))
                .jump("PREROUTING", jump("kubernetes service portals", FixedChains.SERVICES))
                .jump("POSTROUTING", jump("kubernetes postrouting rules", FixedChains.POSTROUTING))
                .build();
    }

    /** The shared part of filter, as {@link #nat(SavedTable)}. */
    public TableRules filter(SavedTable inForce) {
        TableRules.Builder table = TableRules.of(FixedChains.FILTER);
        for (String dispatch : FixedChains.FILTER_DISPATCH) {
            table.chain(dispatch, inForce.rules(dispatch));
        }
        return filter().addTo(table).build();
    }

    private RuleTable filter() {
        return RuleTable.of(FixedChains.FILTER)
                .chain(FixedChains.FORWARD, forward())
                .jump("INPUT", jumpNew("kubernetes externally-visible service portals", FixedChains.EXTERNAL_SERVICES))
                .jump(
                        "FORWARD",
                        jumpNew("kubernetes externally-visible service portals", FixedChains.EXTERNAL_SERVICES))
                .jump("INPUT", jump("kubernetes health check service ports", FixedChains.NODE_PORTS))
                .jump("FORWARD", jumpNew("kubernetes service portals", FixedChains.SERVICES))
                .jump("OUTPUT", jumpNew("kubernetes service portals", FixedChains.SERVICES))
                .jump("FORWARD", jump("kubernetes forwarding rules", FixedChains.FORWARD))
                .jump("INPUT", jumpNew("kubernetes load balancer firewall", FixedChains.PROXY_FIREWALL))
                .jump("OUTPUT", jumpNew("kubernetes load balancer firewall", FixedChains.PROXY_FIREWALL))
                .jump("FORWARD", jumpNew("kubernetes load balancer firewall", FixedChains.PROXY_FIREWALL))
                .build();
    }

    /** The number of rules in the shared chains of nat that belong to no port. */
    public int natRules() {
        return nodePortRules.size()
                + nat(SavedTable.empty(FixedChains.NAT)).chains().values().stream()
                        .mapToInt(List::size)
                        .sum();
    }

    /** The number of rules in the shared chains of filter that belong to no port. */
    public int filterRules() {
        return forward().size() + (servesLocalhost(config) ? 1 : 0);
    }

    private List<Rule> forward() {
        List<Rule> rules = new ArrayList<>();
        if (dropInvalid) {
            RuleBuilder invalid = rule().state(ConnectionState.INVALID);
            rules.add((countInvalid ? invalid.counted(RuleCounters.INVALID_DROPPED) : invalid).drop());
        }
        rules.add(rule().comment("kubernetes forwarding rules")
                .marked(new PacketMark(config.masqueradeBit()))
                .accept());
        rules.add(rule().comment("kubernetes forwarding conntrack rule")
                .state(ConnectionState.RELATED, ConnectionState.ESTABLISHED)
                .accept());
        return rules;
    }

    private static Rule jump(String comment, String chain) {
        return rule().comment(comment).jump(chain);
    }

    private static Rule jumpNew(String comment, String chain) {
        return rule().state(ConnectionState.NEW).comment(comment).jump(chain);
    }
}
