// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import static dev.sluice.linux.rules.ConnectionState.ESTABLISHED;
import static dev.sluice.linux.rules.ConnectionState.NEW;
import static dev.sluice.linux.rules.ConnectionState.RELATED;
import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.rules.LocalTraffic;
import dev.sluice.linux.rules.Match;
import dev.sluice.linux.rules.PacketMark;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;
import dev.sluice.linux.rules.RuleTable;
import dev.sluice.linux.rules.Side;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The iptables rules of ipvs mode. They depend on the configuration alone; everything about Services is in the sets
 * that they look up, so that a change of a Service touches no rule. Only the chains {@link #SHORT_CIRCUIT_TO} and
 * {@link #UNBOUND_TO} are about Services, few of them: their {@link ServiceRules}.
 *
 * <p>Chains, names and comments are kube-proxy's. Different on purpose: every rule is there whether or not its set is
 * empty; the node itself is kept out of source ranges by one rule in mangle OUTPUT, which comes before IPVS, instead of
 * one rule per address behind it; host traffic to addresses under a Local policy is masqueraded, because its source
 * would be the Service's own address; Local policies without local endpoints drop; and external addresses need no
 * physdev match, because they are always local.
 */
public final class IpvsRules {
    /** The chain that leads to the cluster address; its rules are those of {@link ShortCircuit#rule}. */
    public static final String SHORT_CIRCUIT_TO = "KUBE-SHORT-CIRCUIT-TO";

    /** The chain that leads from unbound addresses to bound ones; its rules are those of {@link UnboundPortal#rule}. */
    public static final String UNBOUND_TO = "KUBE-UNBOUND-TO";

    /** The chain of nat that every Service's packet passes, in other modes too. */
    public static final String SERVICES = "KUBE-SERVICES";

    private static final String POSTROUTING = "KUBE-POSTROUTING";
    private static final String SHORT_CIRCUIT = "KUBE-SHORT-CIRCUIT";
    private static final String UNBOUND = "KUBE-UNBOUND";
    private static final String NODE_PORT = "KUBE-NODE-PORT";
    private static final String LOAD_BALANCER = "KUBE-LOAD-BALANCER";
    private static final String MARK_MASQ = "KUBE-MARK-MASQ";
    private static final String FORWARD = "KUBE-FORWARD";
    private static final String PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";
    private static final String SOURCE_RANGES = "KUBE-SOURCE-RANGES-FIREWALL";
    private static final String IPVS_FILTER = "KUBE-IPVS-FILTER";
    private static final String IPVS_OUT_FILTER = "KUBE-IPVS-OUT-FILTER";

    /** The chains that are ours to delete, by table; kube-proxy keeps KUBE-IPVS-OUT-FILTER in the filter table. */
    private static final Map<String, Set<String>> OWNED = Map.of(
            "nat",
            Set.of(
                    SERVICES,
                    POSTROUTING,
                    NODE_PORT,
                    LOAD_BALANCER,
                    MARK_MASQ,
                    SHORT_CIRCUIT,
                    SHORT_CIRCUIT_TO,
                    UNBOUND,
                    UNBOUND_TO),
            "filter",
            Set.of(FORWARD, NODE_PORT, PROXY_FIREWALL, SOURCE_RANGES, IPVS_FILTER, IPVS_OUT_FILTER),
            "mangle",
            Set.of(IPVS_OUT_FILTER));

    private final IpFamily family;
    private final IpvsConfig config;
    private final PacketMark mark;
    private final boolean randomFully;

    public IpvsRules(IpvsConfig config, boolean randomFully) {
        family = config.family();
        this.config = config;
        mark = new PacketMark(config.masquerade().bit());
        this.randomFully = randomFully;
    }

    /** Whether that user chain is ours to delete. */
    public static boolean owns(String table, String chain) {
        return OWNED.getOrDefault(table, Set.of()).contains(chain);
    }

    /** Whether kube-proxy's ipvs mode has a chain of that name too. */
    public static boolean sharesChain(String table, String chain) {
        return owns(table, chain)
                && !table.equals("mangle")
                && !Set.of(SHORT_CIRCUIT, SHORT_CIRCUIT_TO, UNBOUND, UNBOUND_TO).contains(chain);
    }

    /** Whether we write {@code rule} into that built-in chain of the filter table. */
    public static boolean ownsJump(String table, String chain, String rule) {
        RuleTable filter = new IpvsRules(IpvsConfig.defaults(IpFamily.IPV4), false).filter();
        return filter.name().equals(table) && filter.text().jumps().contains(new RuleLine(chain, rule));
    }

    /** Whether rules of ours are in that chain: in one of ours, and in each built-in one of a table that has ours. */
    public static boolean usesChain(String table, String chain) {
        return owns(table, chain) || OWNED.containsKey(table) && ChainName.isBuiltIn(chain);
    }

    /** All rules, those of single {@code services} included. */
    public List<RuleTable> tables(ServiceRules services) {
        return List.of(filter(), mangle(), nat(services));
    }

    public RuleTable nat(ServiceRules services) {
        return RuleTable.of("nat")
                .chain(SERVICES, services())
                .chain(POSTROUTING, postrouting())
                .chain(NODE_PORT, nodePorts())
                .chain(LOAD_BALANCER, loadBalancer())
                .chain(MARK_MASQ, rule().setMark(mark))
                .chain(SHORT_CIRCUIT, shortCircuit())
                .chain(SHORT_CIRCUIT_TO, services.shortCircuitRules())
                .chain(UNBOUND, unbound())
                .chain(UNBOUND_TO, services.unboundRules())
                .jump("OUTPUT", rule().comment("kubernetes service portals").jump(SERVICES))
                .jump("PREROUTING", rule().comment("kubernetes service portals").jump(SERVICES))
                .jump(
                        "POSTROUTING",
                        rule().comment("kubernetes postrouting rules").jump(POSTROUTING))
                .build();
    }

    private List<Rule> services() {
        Cidr loopback = Cidr.loopback(family);
        return List.of(
                rule().from(loopback).leave(),
                named(KubeSet.SHORT_CIRCUIT).jump(SHORT_CIRCUIT),
                named(KubeSet.UNBOUND).jump(UNBOUND),
                named(KubeSet.LOAD_BALANCER).jump(LOAD_BALANCER),
                clusterIpToMasquerade().jump(MARK_MASQ),
                named(KubeSet.EXTERNAL_IP).jump(MARK_MASQ),
                named(KubeSet.EXTERNAL_IP).toLocalAddress().accept(),
                named(KubeSet.EXTERNAL_IP_LOCAL).fromLocalAddress().jump(MARK_MASQ),
                named(KubeSet.EXTERNAL_IP_LOCAL).toLocalAddress().accept(),
                rule().toLocalAddress().jump(NODE_PORT),
                in(KubeSet.CLUSTER_IP).accept(),
                in(KubeSet.LOAD_BALANCER).accept());
    }

    private RuleBuilder clusterIpToMasquerade() {
        if (config.masquerade().all()) {
            return named(KubeSet.CLUSTER_IP);
        }
        if (config.localDetector() instanceof LocalDetector.None) {
            return rule().comment(KubeSet.CLUSTER_IP.comment())
                    .inSet(KubeSet.CLUSTER_IP.in(family), Side.SOURCE, Side.DESTINATION);
        }
        return named(KubeSet.CLUSTER_IP).match(LocalTraffic.notFrom(config.localDetector()));
    }

    private List<Rule> postrouting() {
        return List.of(
                named(KubeSet.LOOP_BACK).masquerade(false),
                rule().notMarked(mark).leave(),
                rule().flipMark(mark),
                rule().comment("kubernetes service traffic requiring SNAT").masquerade(randomFully));
    }

    private List<Rule> nodePorts() {
        List<Rule> rules = new ArrayList<>();
        nodePorts(rules, Protocol.TCP, KubeSet.NODE_PORT_LOCAL_TCP, KubeSet.NODE_PORT_TCP);
        nodePorts(rules, Protocol.UDP, KubeSet.NODE_PORT_LOCAL_UDP, KubeSet.NODE_PORT_UDP);
        nodePorts(rules, Protocol.SCTP, KubeSet.NODE_PORT_LOCAL_SCTP, KubeSet.NODE_PORT_SCTP);
        return rules;
    }

    private void nodePorts(List<Rule> rules, Protocol protocol, KubeSet onlyLocal, KubeSet all) {
        rules.add(named(onlyLocal).protocol(protocol).leave());
        rules.add(named(all).protocol(protocol).jump(MARK_MASQ));
    }

    private List<Rule> loadBalancer() {
        return List.of(
                named(KubeSet.LOAD_BALANCER_LOCAL).fromLocalAddress().jump(MARK_MASQ),
                named(KubeSet.LOAD_BALANCER_LOCAL).leave(),
                rule().jump(MARK_MASQ));
    }

    /** Nothing checks source ranges behind the rewriting, so clients outside of them are left out here. */
    private List<Rule> shortCircuit() {
        List<Rule> rules = new ArrayList<>();
        rules.add(in(KubeSet.LOAD_BALANCER_FW)
                .notInSet(KubeSet.SOURCE_CIDR.in(family))
                .notInSet(KubeSet.SOURCE_IP.in(family))
                .leave());
        rules.add(rule().fromLocalAddress().jump(MARK_MASQ));
        rules.add(rule().fromLocalAddress().jump(SHORT_CIRCUIT_TO));
        Optional<Match> fromPods = LocalTraffic.from(config.localDetector());
        fromPods.ifPresent(match -> rules.add(rule().match(match).jump(SHORT_CIRCUIT_TO)));
        return rules;
    }

    /** Clients outside of source ranges keep their destination, by which filter FORWARD knows and drops them. */
    private List<Rule> unbound() {
        return List.of(
                in(KubeSet.LOAD_BALANCER_FW)
                        .notInSet(KubeSet.SOURCE_CIDR.in(family))
                        .notInSet(KubeSet.SOURCE_IP.in(family))
                        .leave(),
                rule().notInSet(KubeSet.UNBOUND_LOCAL.in(family)).jump(MARK_MASQ),
                named(KubeSet.UNBOUND_LOCAL).fromLocalAddress().jump(MARK_MASQ),
                rule().jump(UNBOUND_TO));
    }

    public RuleTable filter() {
        return RuleTable.of("filter")
                .chain(
                        FORWARD,
                        rule().comment("kubernetes forwarding rules")
                                .marked(mark)
                                .accept(),
                        rule().comment("kubernetes forwarding conntrack rule")
                                .state(RELATED, ESTABLISHED)
                                .accept())
                .chain(NODE_PORT, named(KubeSet.HEALTH_CHECK).accept())
                .chain(PROXY_FIREWALL, named(KubeSet.LOAD_BALANCER_FW).jump(SOURCE_RANGES))
                .chain(SOURCE_RANGES, allowedSources())
                .chain(SOURCE_RANGES, rule().drop())
                .chain(IPVS_FILTER, accessFilter())
                .jump("FORWARD", rule().comment("kubernetes forwarding rules").jump(FORWARD))
                .jump("INPUT", rule().comment("kubernetes health check rules").jump(NODE_PORT))
                .jump("INPUT", rule().comment("kube-proxy firewall rules").jump(PROXY_FIREWALL))
                .jump("FORWARD", rule().comment("kube-proxy firewall rules").jump(PROXY_FIREWALL))
                .jump("INPUT", rule().comment("kubernetes ipvs access filter").jump(IPVS_FILTER))
                .build();
    }

    private List<Rule> allowedSources() {
        return List.of(
                named(KubeSet.SOURCE_CIDR).leave(), named(KubeSet.SOURCE_IP).leave());
    }

    /**
     * Accepts what belongs to a Service: it passes INPUT on its way to IPVS, where a host's firewall would drop what it
     * lets through FORWARD in the other modes. Source ranges are asked first, whichever jump of INPUT comes first.
     */
    private List<Rule> accessFilter() {
        return List.of(
                named(KubeSet.NO_ENDPOINTS).state(NEW).reject(family),
                named(KubeSet.DROP_INTERNAL).state(NEW).drop(),
                named(KubeSet.DROP_EXTERNAL)
                        .match(LocalTraffic.notFrom(config.localDetector()))
                        .state(NEW)
                        .drop(),
                named(KubeSet.LOAD_BALANCER_FW).jump(SOURCE_RANGES),
                in(KubeSet.LOAD_BALANCER).accept(),
                in(KubeSet.CLUSTER_IP).accept(),
                in(KubeSet.EXTERNAL_IP).accept(),
                in(KubeSet.EXTERNAL_IP_LOCAL).accept(),
                in(KubeSet.HEALTH_CHECK).leave(),
                rule().state(NEW).inSet(KubeSet.IPVS_IPS.in(family)).reject(family),
                toNodePort(KubeSet.NODE_PORT_TCP, Protocol.TCP).accept(),
                toNodePort(KubeSet.NODE_PORT_UDP, Protocol.UDP).accept(),
                toNodePort(KubeSet.NODE_PORT_SCTP, Protocol.SCTP).accept());
    }

    private RuleBuilder toNodePort(KubeSet set, Protocol protocol) {
        return rule().comment("kubernetes node ports")
                .protocol(protocol)
                .inSet(set.in(family))
                .toLocalAddress();
    }

    /** IPVS takes the node's own packets in LOCAL_OUT right after nat: only mangle still sees the Service's address. */
    public RuleTable mangle() {
        return RuleTable.of("mangle")
                .chain(IPVS_OUT_FILTER, named(KubeSet.DROP_INTERNAL).state(NEW).drop())
                .chain(IPVS_OUT_FILTER, allowedSources())
                .chain(IPVS_OUT_FILTER, named(KubeSet.LOAD_BALANCER_FW).drop())
                .jump("OUTPUT", rule().comment("kubernetes ipvs access filter").jump(IPVS_OUT_FILTER))
                .build();
    }

    private RuleBuilder named(KubeSet set) {
        return rule().comment(set.comment()).inSet(set.in(family));
    }

    private RuleBuilder in(KubeSet set) {
        return rule().inSet(set.in(family));
    }
}
