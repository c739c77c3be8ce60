// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.rules.ConnectionState;
import dev.sluice.linux.rules.LocalTraffic;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleBuilder;
import dev.sluice.linux.rules.RuleTable;
import dev.sluice.linux.rules.Target;
import dev.sluice.userspace.config.UserspaceConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * The rules of one family. Their number is fixed, apart from one rule for each portal of a UDP service port: IP sets
 * say which traffic they are for.
 *
 * <p>Traffic is led to the proxy by DNAT to one address of the node, and not by REDIRECT, which takes the first address
 * of the interface that a packet arrived on, and drops the packet where there is none, as on the interfaces that some
 * network plug-ins give to Pods. The proxy is the endpoint's peer, so there is nothing to masquerade.
 *
 * @param proxyAddress the node's address that traffic is redirected to
 * @param tcpPort the port of the listening TCP sockets
 */
public record RedirectRules(UserspaceConfig config, IpAddress proxyAddress, int tcpPort) {
    static final String SERVICES = "SLUICE-SERVICES";
    static final String FROM_NODE = "SLUICE-FROM-NODE";
    static final String NODE_PORTS = "SLUICE-NODE-PORTS";
    static final String REDIRECT = "SLUICE-REDIRECT";
    static final String UDP = "SLUICE-UDP";
    static final String UDP_NODE = "SLUICE-UDP-NODE";
    static final String INPUT = "SLUICE-INPUT";
    static final String FIREWALL = "SLUICE-FIREWALL";
    static final String NODE_FIREWALL = "SLUICE-NODE-FIREWALL";

    private static final String PORTALS = "sluice service portals";
    private static final List<Protocol> CARRIED = List.of(Protocol.TCP, Protocol.UDP);

    /** Whether a user chain is of this mode. */
    public static boolean owns(String chain) {
        return chain.startsWith("SLUICE-");
    }

    /** The nat table, with the UDP redirects of all service ports. */
    public RuleTable nat(List<ChainRule> udpRedirects) {
        RuleTable.Builder table = RuleTable.of("nat")
                .chain(SERVICES, services())
                .chain(FROM_NODE, fromNode())
                .chain(NODE_PORTS, nodePorts())
                .chain(
                        REDIRECT,
                        rule().protocol(Protocol.TCP).dnat(proxyAddress, tcpPort),
                        rule().protocol(Protocol.UDP).jump(UDP),
                        rule().protocol(Protocol.UDP).jump(UDP_NODE))
                .chain(UDP)
                .chain(UDP_NODE)
                .jump("PREROUTING", rule().comment(PORTALS).jump(SERVICES))
                .jump("OUTPUT", rule().comment(PORTALS).jump(SERVICES));
        udpRedirects.forEach(redirect -> table.chain(redirect.chain(), redirect.rule()));
        return table.build();
    }

    /** The filter table. */
    public RuleTable filter() {
        Rule jump = rule().state(ConnectionState.NEW).comment(PORTALS).jump(FIREWALL);
        return RuleTable.of("filter")
                .chain(INPUT, input())
                .chain(FIREWALL, firewall())
                .chain(NODE_FIREWALL, nodeFirewall())
                .jump("INPUT", jump)
                .jump("FORWARD", jump)
                .jump("OUTPUT", jump)
                .jump("INPUT", rule().comment("sluice proxy sockets").jump(INPUT))
                .build();
    }

    private IpFamily family() {
        return config.family();
    }

    private List<Rule> services() {
        List<Rule> rules = new ArrayList<>();
        rules.add(outsideSourceRanges().leave());
        rules.add(toAddress(PortalAccess.OPEN).jump(REDIRECT));
        rules.add(toAddress(PortalAccess.NODE_ONLY).jump(FROM_NODE));
        rules.addAll(forNodePorts(match -> match.jump(NODE_PORTS)));
        return rules;
    }

    /** Redirects clients of this node. Others continue to the filter table, which drops them. */
    private List<Rule> fromNode() {
        List<Rule> rules = new ArrayList<>();
        rules.add(rule().fromLocalAddress().jump(REDIRECT));
        LocalTraffic.from(config.localDetector())
                .ifPresent(local -> rules.add(rule().match(local).jump(REDIRECT)));
        return rules;
    }

    private List<Rule> nodePorts() {
        List<Rule> rules = new ArrayList<>();
        for (Protocol protocol : CARRIED) {
            rules.add(toNodePort(protocol, PortalAccess.OPEN).jump(REDIRECT));
            rules.add(toNodePort(protocol, PortalAccess.NODE_ONLY).jump(FROM_NODE));
        }
        return rules;
    }

    /** Accepts redirected traffic whatever the node's own rules say; refuses connections straight to the sockets. */
    private List<Rule> input() {
        return List.of(
                rule().port(Protocol.TCP, tcpPort).state(ConnectionState.DNAT).accept(),
                rule().port(Protocol.TCP, tcpPort).target(Target.Reject.TCP_RESET),
                toUdpSocket().state(ConnectionState.DNAT).accept(),
                toUdpSocket().reject(family()));
    }

    /**
     * The rules for the time between two processes, each for the head of its chain. Until {@code end} they drop what
     * would open a new TCP connection to the proxy, which the kernel would refuse otherwise, so that the client's
     * retransmission meets the next process. Packets of the node itself are dropped on their way out: otherwise
     * conntrack would lead their retransmissions to the old port.
     */
    public List<ChainRule> hold(Instant end) {
        Rule rule = rule().to(proxyAddress).opening(tcpPort).until(end).drop();
        return List.of(new ChainRule(INPUT, rule), new ChainRule(FIREWALL, rule));
    }

    private List<Rule> firewall() {
        List<Rule> rules = new ArrayList<>();
        rules.add(outsideSourceRanges().drop());
        rules.add(toAddress(PortalAccess.REFUSED).reject(family()));
        rules.add(toAddress(PortalAccess.DROPPED).drop());
        rules.add(toAddress(PortalAccess.NODE_ONLY).drop());
        rules.addAll(forNodePorts(match -> match.jump(NODE_FIREWALL)));
        return rules;
    }

    private List<Rule> nodeFirewall() {
        List<Rule> rules = new ArrayList<>();
        for (Protocol protocol : CARRIED) {
            rules.add(toNodePort(protocol, PortalAccess.REFUSED).reject(family()));
            rules.add(toNodePort(protocol, PortalAccess.DROPPED).drop());
            rules.add(toNodePort(protocol, PortalAccess.NODE_ONLY).drop());
        }
        return rules;
    }

    /** Clients outside the source ranges of a load balancer address. */
    private RuleBuilder outsideSourceRanges() {
        return rule().inSet(PortalSets.fenced(family())).notInSet(PortalSets.allowed(family()));
    }

    private RuleBuilder toAddress(PortalAccess access) {
        return rule().inSet(PortalSets.addresses(family(), access));
    }

    private RuleBuilder toNodePort(Protocol protocol, PortalAccess access) {
        return rule().protocol(protocol).inSet(PortalSets.nodePorts(family(), protocol, access));
    }

    private RuleBuilder toUdpSocket() {
        return rule().to(proxyAddress).protocol(Protocol.UDP).inSet(PortalSets.udpSockets(family()));
    }

    /**
     * A rule for packets that may be meant for a node port: any local address, or one rule for each configured range.
     */
    private List<Rule> forNodePorts(Function<RuleBuilder, Rule> rule) {
        Cidr loopback = Cidr.loopback(family());
        if (config.nodePortAddresses().matchesAll()) {
            RuleBuilder any = config.localhostNodePorts() ? rule() : rule().notTo(loopback);
            return List.of(rule.apply(any.toLocalAddress()));
        }
        return config.nodePortAddresses().cidrs().stream()
                .filter(net -> config.localhostNodePorts() || !loopback.contains(net.base()))
                .map(net -> rule.apply(rule().to(net).toLocalAddress()))
                .toList();
    }
}
