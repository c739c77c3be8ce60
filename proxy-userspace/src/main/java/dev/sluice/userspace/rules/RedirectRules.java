package dev.sluice.userspace.rules;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.RuleText;
import dev.sluice.linux.iptables.TableRules;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/**
 * The rules of one family. Apart from one rule for each portal of a UDP service port their number is fixed: which
 * traffic is meant stands in IP sets.
 *
 * <p>Traffic is led to the proxy by DNAT to one address of the node, and not by REDIRECT: REDIRECT takes the first
 * address of the interface that a packet came in through, and drops the packet where there is none, as on the
 * interfaces that some network plug-ins give to Pods. The proxy is the endpoint's peer, so there is nothing to
 * masquerade.
 *
 * @param proxyAddress the node's address that traffic is redirected to
 * @param tcpPort the port of the listening TCP sockets
 */
public record RedirectRules(BackendConfig config, IpAddress proxyAddress, int tcpPort) {
    static final String SERVICES = "SLUICE-SERVICES";
    static final String FROM_NODE = "SLUICE-FROM-NODE";
    static final String NODE_PORTS = "SLUICE-NODE-PORTS";
    static final String REDIRECT = "SLUICE-REDIRECT";
    static final String UDP = "SLUICE-UDP";
    static final String UDP_NODE = "SLUICE-UDP-NODE";
    static final String INPUT = "SLUICE-INPUT";
    static final String FIREWALL = "SLUICE-FIREWALL";
    static final String NODE_FIREWALL = "SLUICE-NODE-FIREWALL";

    private static final String PORTALS = RuleText.comment("sluice service portals");
    private static final String LOCAL_DESTINATION = "-m addrtype --dst-type LOCAL";
    private static final String DNATED = "-m conntrack --ctstate DNAT";

    /** Whether a user chain is of this mode. */
    public static boolean owns(String chain) {
        return chain.startsWith("SLUICE-");
    }

    /** The nat table; {@code udp} are the rules of all UDP service ports. */
    public TableRules nat(List<RuleLine> udp) {
        TableRules.Builder table = TableRules.of("nat")
                .chain(SERVICES, services())
                .chain(FROM_NODE, fromNode())
                .chain(NODE_PORTS, nodePorts())
                .chain(
                        REDIRECT,
                        List.of(
                                "-p tcp -j DNAT --to-destination " + proxyAddress.withPort(tcpPort),
                                "-p udp -j " + UDP,
                                "-p udp -j " + UDP_NODE))
                .chain(UDP)
                .chain(UDP_NODE)
                .jump("PREROUTING", PORTALS + " -j " + SERVICES)
                .jump("OUTPUT", PORTALS + " -j " + SERVICES);
        udp.forEach(rule -> table.rule(rule.chain(), rule.spec()));
        return table.build();
    }

    /** The filter table. */
    public TableRules filter() {
        String jump = "-m conntrack --ctstate NEW " + PORTALS + " -j " + FIREWALL;
        return TableRules.of("filter")
                .chain(INPUT, input())
                .chain(FIREWALL, firewall())
                .chain(NODE_FIREWALL, nodeFirewall())
                .jump("INPUT", jump)
                .jump("FORWARD", jump)
                .jump("OUTPUT", jump)
                .jump("INPUT", RuleText.comment("sluice proxy sockets") + " -j " + INPUT)
                .build();
    }

    private IpFamily family() {
        return config.family();
    }

    private List<String> services() {
        List<String> rules = new ArrayList<>();
        rules.add(fence("RETURN"));
        rules.add(to(PortalSets.addresses(family(), PortalAccess.OPEN)) + " -j " + REDIRECT);
        rules.add(to(PortalSets.addresses(family(), PortalAccess.NODE_ONLY)) + " -j " + FROM_NODE);
        nodePortTraffic().forEach(match -> rules.add(match + " -j " + NODE_PORTS));
        return rules;
    }

    /** Takes up the traffic of this node, and lets that of others pass on to the filter table, where it is dropped. */
    private List<String> fromNode() {
        List<String> rules = new ArrayList<>();
        rules.add("-m addrtype --src-type LOCAL -j " + REDIRECT);
        switch (config.localDetector()) {
            case LocalDetector.None none -> {}
            case LocalDetector.SourceCidr pods ->
                rules.add(RuleText.join(RuleText.source(pods.cidr()), "-j " + REDIRECT));
            case LocalDetector.Bridge bridge -> rules.add("-i " + bridge.name() + " -j " + REDIRECT);
            case LocalDetector.InterfacePrefix interfaces ->
                rules.add("-i " + interfaces.prefix() + "+ -j " + REDIRECT);
        }
        return rules;
    }

    private List<String> nodePorts() {
        List<String> rules = new ArrayList<>();
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            rules.add(
                    toPort(protocol, PortalSets.nodePorts(family(), protocol, PortalAccess.OPEN)) + " -j " + REDIRECT);
            rules.add(toPort(protocol, PortalSets.nodePorts(family(), protocol, PortalAccess.NODE_ONLY)) + " -j "
                    + FROM_NODE);
        }
        return rules;
    }

    /** Redirected traffic comes in whatever the node's own rules say; a connection straight to the sockets does not. */
    private List<String> input() {
        String tcp = "-p tcp -m tcp --dport " + tcpPort;
        String udp = RuleText.destination(proxyAddress) + " " + toPort(Protocol.UDP, PortalSets.udpSockets(family()));
        return List.of(
                tcp + " " + DNATED + " -j ACCEPT",
                tcp + " -j REJECT --reject-with tcp-reset",
                udp + " " + DNATED + " -j ACCEPT",
                udp + reject());
    }

    /**
     * For the time between two processes: until {@code end} they drop what would open a new TCP connection to the
     * proxy, instead of letting the kernel refuse it, so that the client's own repetition meets the next process. Each
     * goes before the rules of its chain. What the node itself sends has to be dropped on its way out: once it has
     * left, connection tracking leads its repetitions to the old port.
     */
    public List<RuleLine> pause(Instant end) {
        LocalDateTime utc = LocalDateTime.ofInstant(end, ZoneOffset.UTC).truncatedTo(ChronoUnit.SECONDS);
        String spec = RuleText.destination(proxyAddress) + " -p tcp -m tcp --dport " + tcpPort
                + " --tcp-flags FIN,SYN,RST,ACK SYN -m time --datestop "
                + DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(utc) + " -j DROP";
        return List.of(new RuleLine(INPUT, spec), new RuleLine(FIREWALL, spec));
    }

    private List<String> firewall() {
        List<String> rules = new ArrayList<>();
        rules.add(fence("DROP"));
        rules.add(to(PortalSets.addresses(family(), PortalAccess.REFUSED)) + reject());
        rules.add(to(PortalSets.addresses(family(), PortalAccess.DROPPED)) + " -j DROP");
        rules.add(to(PortalSets.addresses(family(), PortalAccess.NODE_ONLY)) + " -j DROP");
        nodePortTraffic().forEach(match -> rules.add(match + " -j " + NODE_FIREWALL));
        return rules;
    }

    private List<String> nodeFirewall() {
        List<String> rules = new ArrayList<>();
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            rules.add(toPort(protocol, PortalSets.nodePorts(family(), protocol, PortalAccess.REFUSED)) + reject());
            rules.add(toPort(protocol, PortalSets.nodePorts(family(), protocol, PortalAccess.DROPPED)) + " -j DROP");
            rules.add(toPort(protocol, PortalSets.nodePorts(family(), protocol, PortalAccess.NODE_ONLY)) + " -j DROP");
        }
        return rules;
    }

    /** Clients outside the source ranges of a load balancer address. */
    private String fence(String target) {
        return to(PortalSets.fenced(family())) + " -m set ! --match-set "
                + PortalSets.allowed(family()).name() + " dst,dst,src -j " + target;
    }

    /** What may be meant for a node port: any local address, or those of the configured ranges. */
    private List<String> nodePortTraffic() {
        Cidr loopback = Cidr.of(family() == IpFamily.IPV4 ? "127.0.0.0/8" : "::1/128");
        if (config.nodePortAddresses().matchesAll()) {
            return List.of(RuleText.join(config.localhostNodePorts() ? "" : "! -d " + loopback, LOCAL_DESTINATION));
        }
        return config.nodePortAddresses().cidrs().stream()
                .filter(net -> config.localhostNodePorts() || !loopback.contains(net.base()))
                .map(net -> RuleText.destination(net) + " " + LOCAL_DESTINATION)
                .toList();
    }

    private String reject() {
        return " -j REJECT --reject-with "
                + (family() == IpFamily.IPV4 ? "icmp-port-unreachable" : "icmp6-port-unreachable");
    }

    private static String to(IpSet set) {
        return "-m set --match-set " + set.name() + " dst,dst";
    }

    private static String toPort(Protocol protocol, IpSet set) {
        return "-p " + protocol.lowerCase() + " -m set --match-set " + set.name() + " dst";
    }
}
