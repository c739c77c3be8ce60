package dev.sluice.iptables.render;

import static dev.sluice.iptables.render.RuleSpec.rule;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.node.RuleCounters;
import dev.sluice.linux.iptables.PacketMark;
import dev.sluice.linux.iptables.RuleText;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableRules;
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
        BackendConfig config,
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
    public static boolean servesLocalhost(BackendConfig config) {
        return config.family() == IpFamily.IPV4
                && config.localhostNodePorts()
                && config.nodePortAddresses().containsLoopback();
    }

    /** Whether node ports are to be served on that address of the node. */
    public static boolean servesNodePorts(BackendConfig config, IpAddress address) {
        return config.nodePortAddresses().contains(address) && (!address.isLoopback() || servesLocalhost(config));
    }

    /**
     * The rules that lead to the node ports.
     *
     * @param local the addresses of the node's interfaces
     */
    public static List<String> nodePortRules(BackendConfig config, List<IpAddress> local) {
        if (!config.nodePortAddresses().matchesAll()) {
            return local.stream()
                    .filter(address -> servesNodePorts(config, address))
                    .distinct()
                    .sorted()
                    .map(address ->
                            rule().to(address).comment(NODE_PORTS_COMMENT).jump(FixedChains.NODE_PORTS))
                    .toList();
        }
        RuleSpec rule = rule().comment(NODE_PORTS_COMMENT).toLocalAddress();
        if (!servesLocalhost(config)) {
            rule.notTo(config.family() == IpFamily.IPV4 ? V4_LOOPBACK : V6_LOOPBACK);
        }
        return List.of(rule.jump(FixedChains.NODE_PORTS));
    }

    /** The shared part of nat. The dispatch chains keep what {@code inForce} has in them: their rules belong to ports. */
    public TableRules nat(SavedTable inForce) {
        PacketMark mark = new PacketMark(config.masqueradeBit());
        String masquerade = rule().comment("kubernetes service traffic requiring SNAT")
                .jump("MASQUERADE" + (randomFully ? " --random-fully" : ""));
        return TableRules.of(FixedChains.NAT)
                .chain(FixedChains.SERVICES, inForce.rules(FixedChains.SERVICES))
                .chain(FixedChains.NODE_PORTS, inForce.rules(FixedChains.NODE_PORTS))
                .chain(
                        FixedChains.POSTROUTING,
                        List.of(RuleText.join(mark.isNotSet(), "-j RETURN"), mark.flip(), masquerade))
                .chain(FixedChains.MARK_MASQ, List.of(mark.set()))
                .jump("OUTPUT", jump("kubernetes service portals", FixedChains.SERVICES))
                .jump("PREROUTING", jump("kubernetes service portals", FixedChains.SERVICES))
                .jump("POSTROUTING", jump("kubernetes postrouting rules", FixedChains.POSTROUTING))
                .build();
    }

    /** The shared part of filter, as {@link #nat}. */
    public TableRules filter(SavedTable inForce) {
        TableRules.Builder table = TableRules.of(FixedChains.FILTER);
        for (String dispatch : FixedChains.FILTER_DISPATCH) {
            table.chain(dispatch, inForce.rules(dispatch));
        }
        return table.chain(FixedChains.FORWARD, forward())
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

    private List<String> forward() {
        String marked = rule().comment("kubernetes forwarding rules")
                .match(new PacketMark(config.masqueradeBit()).isSet())
                .jump("ACCEPT");
        String known = rule().comment("kubernetes forwarding conntrack rule")
                .match("-m conntrack --ctstate RELATED,ESTABLISHED")
                .jump("ACCEPT");
        String invalid = rule().match("-m conntrack --ctstate INVALID")
                .match(countInvalid ? RuleCounters.match(RuleCounters.INVALID_DROPPED) : "")
                .jump("DROP");
        return dropInvalid ? List.of(invalid, marked, known) : List.of(marked, known);
    }

    private static String jump(String comment, String chain) {
        return rule().comment(comment).jump(chain);
    }

    private static String jumpNew(String comment, String chain) {
        return rule().match("-m conntrack --ctstate NEW").comment(comment).jump(chain);
    }
}
