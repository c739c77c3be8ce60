package dev.sluice.ipvs.rules;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.ipvs.rules.Match.Comment;
import dev.sluice.ipvs.rules.Match.InInterface;
import dev.sluice.ipvs.rules.Match.InSet;
import dev.sluice.ipvs.rules.Match.Local;
import dev.sluice.ipvs.rules.Match.Marked;
import dev.sluice.ipvs.rules.Match.NotInSet;
import dev.sluice.ipvs.rules.Match.OfProtocol;
import dev.sluice.ipvs.rules.Match.Source;
import dev.sluice.ipvs.rules.Match.State;
import dev.sluice.linux.iptables.PacketMark;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The iptables rules of ipvs mode. They depend on the configuration alone; everything about Services is in the sets that
 * they ask, so that a change of a Service touches no rule. Only the chain {@link #SHORT_CIRCUIT_TO} is of Services, few ones:
 * those with a {@link ShortCircuit}.
 *
 * <p>Chains, names and comments are kube-proxy's. Different on purpose: every rule is there whether or not its set is
 * empty; what keeps the node itself out of source ranges is one rule in mangle OUTPUT, which comes before IPVS, instead of
 * one rule per address behind it; host traffic to addresses under a Local policy is masqueraded, because its source would
 * be the Service's own address; Local policies without local endpoints drop; and external addresses need no physdev
 * match, because they are always local.
 */
public final class FixedRules {
    static final String SERVICES = "KUBE-SERVICES";
    static final String POSTROUTING = "KUBE-POSTROUTING";
    static final String IPVS_OUT_FILTER = "KUBE-IPVS-OUT-FILTER";

    public static final String SHORT_CIRCUIT_TO = "KUBE-SHORT-CIRCUIT-TO";

    private static final String SHORT_CIRCUIT = "KUBE-SHORT-CIRCUIT";
    private static final String NODE_PORT = "KUBE-NODE-PORT";
    private static final String LOAD_BALANCER = "KUBE-LOAD-BALANCER";
    private static final String MARK_MASQ = "KUBE-MARK-MASQ";
    private static final String FORWARD = "KUBE-FORWARD";
    private static final String PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";
    private static final String SOURCE_RANGES = "KUBE-SOURCE-RANGES-FIREWALL";
    private static final String IPVS_FILTER = "KUBE-IPVS-FILTER";

    private static final String BOTH = "dst,dst";
    private static final String HAIRPIN = "dst,dst,src";
    private static final String RETURN = "RETURN";
    private static final String ACCEPT = "ACCEPT";
    private static final String DROP = "DROP";
    private static final State NEW = new State(false);

    private final BackendConfig config;
    private final PacketMark mark;
    private final boolean randomFully;

    public FixedRules(BackendConfig config, boolean randomFully) {
        this.config = config;
        mark = new PacketMark(config.masqueradeBit());
        this.randomFully = randomFully;
    }

    public List<RuleTable> tables() {
        return List.of(filter(), mangle(), nat());
    }

    public RuleTable nat() {
        RuleTable nat = new RuleTable("nat")
                .chain(SERVICES)
                .chain(POSTROUTING)
                .chain(NODE_PORT)
                .chain(LOAD_BALANCER)
                .chain(MARK_MASQ)
                .chain(SHORT_CIRCUIT)
                .chain(SHORT_CIRCUIT_TO)
                .jump("OUTPUT", SERVICES, "kubernetes service portals")
                .jump("PREROUTING", SERVICES, "kubernetes service portals")
                .jump("POSTROUTING", POSTROUTING, "kubernetes postrouting rules");
        services(nat);
        shortCircuit(nat);
        loadBalancer(nat);
        nodePorts(nat);
        postrouting(nat);
        return nat.rule(MARK_MASQ, "MARK --set-xmark " + mark.hex() + "/" + mark.hex());
    }

    private void services(RuleTable nat) {
        Cidr loopback = Cidr.of(config.family() == IpFamily.IPV4 ? "127.0.0.0/8" : "::1/128");
        nat.rule(SERVICES, RETURN, new Source(loopback, false));
        nat.rule(SERVICES, SHORT_CIRCUIT, named(KubeSet.SHORT_CIRCUIT, BOTH));
        nat.rule(SERVICES, LOAD_BALANCER, named(KubeSet.LOAD_BALANCER, BOTH));
        nat.rule(SERVICES, MARK_MASQ, clusterIpToMasquerade());
        nat.rule(SERVICES, MARK_MASQ, named(KubeSet.EXTERNAL_IP, BOTH));
        nat.rule(SERVICES, ACCEPT, with(named(KubeSet.EXTERNAL_IP, BOTH), new Local(false)));
        nat.rule(SERVICES, MARK_MASQ, with(named(KubeSet.EXTERNAL_IP_LOCAL, BOTH), new Local(true)));
        nat.rule(SERVICES, ACCEPT, with(named(KubeSet.EXTERNAL_IP_LOCAL, BOTH), new Local(false)));
        nat.rule(SERVICES, NODE_PORT, new Local(false));
        nat.rule(SERVICES, ACCEPT, new InSet(KubeSet.CLUSTER_IP, BOTH));
        nat.rule(SERVICES, ACCEPT, new InSet(KubeSet.LOAD_BALANCER, BOTH));
    }

    /** Behind the rewriting nothing asks for source ranges any more, so that whom they keep out is left out here. */
    private void shortCircuit(RuleTable nat) {
        nat.rule(
                SHORT_CIRCUIT,
                RETURN,
                new InSet(KubeSet.LOAD_BALANCER_FW, BOTH),
                new NotInSet(KubeSet.SOURCE_CIDR, HAIRPIN),
                new NotInSet(KubeSet.SOURCE_IP, HAIRPIN));
        nat.rule(SHORT_CIRCUIT, MARK_MASQ, new Local(true));
        nat.rule(SHORT_CIRCUIT, SHORT_CIRCUIT_TO, new Local(true));
        pod(false).ifPresent(match -> nat.rule(SHORT_CIRCUIT, SHORT_CIRCUIT_TO, match));
    }

    private Match[] clusterIpToMasquerade() {
        if (config.masqueradeAll()) {
            return named(KubeSet.CLUSTER_IP, BOTH);
        }
        return pod(true)
                .map(match -> first(match, named(KubeSet.CLUSTER_IP, BOTH)))
                .orElseGet(() -> named(KubeSet.CLUSTER_IP, "src,dst"));
    }

    private void loadBalancer(RuleTable nat) {
        nat.rule(LOAD_BALANCER, MARK_MASQ, with(named(KubeSet.LOAD_BALANCER_LOCAL, BOTH), new Local(true)));
        nat.rule(LOAD_BALANCER, RETURN, named(KubeSet.LOAD_BALANCER_LOCAL, BOTH));
        nat.rule(LOAD_BALANCER, MARK_MASQ);
    }

    private void nodePorts(RuleTable nat) {
        nodePorts(nat, Protocol.TCP, KubeSet.NODE_PORT_LOCAL_TCP, KubeSet.NODE_PORT_TCP, "dst");
        nodePorts(nat, Protocol.UDP, KubeSet.NODE_PORT_LOCAL_UDP, KubeSet.NODE_PORT_UDP, "dst");
        nodePorts(nat, Protocol.SCTP, KubeSet.NODE_PORT_LOCAL_SCTP, KubeSet.NODE_PORT_SCTP, BOTH);
    }

    private void nodePorts(RuleTable nat, Protocol protocol, KubeSet onlyLocal, KubeSet all, String directions) {
        OfProtocol match = new OfProtocol(protocol);
        nat.rule(NODE_PORT, RETURN, first(match, named(onlyLocal, directions)));
        nat.rule(NODE_PORT, MARK_MASQ, first(match, named(all, directions)));
    }

    private void postrouting(RuleTable nat) {
        nat.rule(POSTROUTING, "MASQUERADE", named(KubeSet.LOOP_BACK, HAIRPIN));
        nat.rule(POSTROUTING, RETURN, new Marked(mark, true));
        nat.rule(POSTROUTING, "MARK --set-xmark " + mark.hex() + "/0x0");
        nat.rule(
                POSTROUTING,
                randomFully ? "MASQUERADE --random-fully" : "MASQUERADE",
                new Comment("kubernetes service traffic requiring SNAT"));
    }

    public RuleTable filter() {
        RuleTable filter = new RuleTable("filter")
                .chain(FORWARD)
                .chain(NODE_PORT)
                .chain(PROXY_FIREWALL)
                .chain(SOURCE_RANGES)
                .chain(IPVS_FILTER)
                .jump("FORWARD", FORWARD, "kubernetes forwarding rules")
                .jump("INPUT", NODE_PORT, "kubernetes health check rules")
                .jump("INPUT", PROXY_FIREWALL, "kube-proxy firewall rules")
                .jump("FORWARD", PROXY_FIREWALL, "kube-proxy firewall rules")
                .jump("INPUT", IPVS_FILTER, "kubernetes ipvs access filter");
        filter.rule(PROXY_FIREWALL, SOURCE_RANGES, named(KubeSet.LOAD_BALANCER_FW, BOTH));
        sourceRanges(filter, SOURCE_RANGES);
        filter.rule(SOURCE_RANGES, DROP);
        filter.rule(FORWARD, ACCEPT, new Comment("kubernetes forwarding rules"), new Marked(mark, false));
        filter.rule(FORWARD, ACCEPT, new Comment("kubernetes forwarding conntrack rule"), new State(true));
        filter.rule(NODE_PORT, ACCEPT, named(KubeSet.HEALTH_CHECK, "dst"));
        accessFilter(filter);
        return filter;
    }

    private static void sourceRanges(RuleTable table, String chain) {
        table.rule(chain, RETURN, named(KubeSet.SOURCE_CIDR, HAIRPIN));
        table.rule(chain, RETURN, named(KubeSet.SOURCE_IP, HAIRPIN));
    }

    private void accessFilter(RuleTable filter) {
        String reject = "REJECT --reject-with "
                + (config.family() == IpFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable");
        filter.rule(IPVS_FILTER, reject, with(named(KubeSet.NO_ENDPOINTS, BOTH), NEW));
        filter.rule(IPVS_FILTER, DROP, with(named(KubeSet.DROP_INTERNAL, BOTH), NEW));
        Match[] outside = with(named(KubeSet.DROP_EXTERNAL, BOTH), NEW);
        filter.rule(
                IPVS_FILTER, DROP, pod(true).map(match -> first(match, outside)).orElse(outside));
        filter.rule(IPVS_FILTER, RETURN, new InSet(KubeSet.LOAD_BALANCER, BOTH));
        filter.rule(IPVS_FILTER, RETURN, new InSet(KubeSet.CLUSTER_IP, BOTH));
        filter.rule(IPVS_FILTER, RETURN, new InSet(KubeSet.EXTERNAL_IP, BOTH));
        filter.rule(IPVS_FILTER, RETURN, new InSet(KubeSet.EXTERNAL_IP_LOCAL, BOTH));
        filter.rule(IPVS_FILTER, RETURN, new InSet(KubeSet.HEALTH_CHECK, "dst"));
        filter.rule(IPVS_FILTER, reject, NEW, new InSet(KubeSet.IPVS_IPS, "dst"));
    }

    /** IPVS takes the node's own packets in LOCAL_OUT right after nat: only mangle still sees the Service's address. */
    public RuleTable mangle() {
        RuleTable mangle = new RuleTable("mangle")
                .chain(IPVS_OUT_FILTER)
                .jump("OUTPUT", IPVS_OUT_FILTER, "kubernetes ipvs access filter");
        mangle.rule(IPVS_OUT_FILTER, DROP, with(named(KubeSet.DROP_INTERNAL, BOTH), NEW));
        sourceRanges(mangle, IPVS_OUT_FILTER);
        return mangle.rule(IPVS_OUT_FILTER, DROP, named(KubeSet.LOAD_BALANCER_FW, BOTH));
    }

    /** What tells traffic that a Pod of this node sends, or with {@code inverted} no Pod; empty when Pods cannot be told. */
    private Optional<Match> pod(boolean inverted) {
        return switch (config.localDetector()) {
            case LocalDetector.None none -> Optional.empty();
            case LocalDetector.SourceCidr d -> Optional.of(new Source(d.cidr(), inverted));
            case LocalDetector.Bridge d -> Optional.of(new InInterface(d.name(), inverted));
            case LocalDetector.InterfacePrefix d -> Optional.of(new InInterface(d.prefix() + "+", inverted));
        };
    }

    private static Match[] named(KubeSet set, String directions) {
        return new Match[] {new Comment(set.comment()), new InSet(set, directions)};
    }

    private static Match[] with(Match[] matches, Match last) {
        List<Match> all = new ArrayList<>(List.of(matches));
        all.add(last);
        return all.toArray(Match[]::new);
    }

    private static Match[] first(Match first, Match[] matches) {
        List<Match> all = new ArrayList<>(List.of(matches));
        all.add(0, first);
        return all.toArray(Match[]::new);
    }
}
