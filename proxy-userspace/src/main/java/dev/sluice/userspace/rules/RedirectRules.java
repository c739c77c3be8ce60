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
import dev.sluice.userspace.config.ProxyMark;
import dev.sluice.userspace.config.UserspaceConfig;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/**
 * The rules of one family. Their number is fixed: IP sets say which traffic they are for.
 *
 * <p>Traffic is led to the proxy by DNAT to one address of the node, and not by REDIRECT, which takes the first address
 * of the interface that a packet arrived on, and drops the packet where there is none, as on the interfaces that some
 * network plug-ins give to Pods. The proxy is the endpoint's peer, so there is nothing to masquerade.
 *
 * @param proxyAddress the node's address that traffic is redirected to
 * @param tcpPort the port of the listening TCP sockets
 * @param udpPort the port of the UDP sockets, 0 for none
 */
public record RedirectRules(UserspaceConfig config, IpAddress proxyAddress, int tcpPort, int udpPort) {
    static final String SERVICES = "SLUICE-SERVICES";
    static final String FROM_NODE = "SLUICE-FROM-NODE";
    static final String NODE_PORTS = "SLUICE-NODE-PORTS";
    public static final String REDIRECT = "SLUICE-REDIRECT";
    static final String INPUT = "SLUICE-INPUT";
    static final String FIREWALL = "SLUICE-FIREWALL";
    static final String NODE_FIREWALL = "SLUICE-NODE-FIREWALL";

    /** The dispatch chain of kube-proxy's other modes. */
    private static final String KUBE_PROXY = "KUBE-SERVICES";

    private static final String PORTALS = "sluice service portals";
    private static final List<Protocol> CARRIED = List.of(Protocol.TCP, Protocol.UDP);

    /** Whether a user chain is of this mode. */
    public static boolean owns(String chain) {
        return chain.startsWith("SLUICE-");
    }

    /** The nat table. */
    public RuleTable nat() {
        return RuleTable.of("nat")
                .chain(SERVICES, services())
                .chain(FROM_NODE, fromNode())
                .chain(NODE_PORTS, nodePorts())
                .chain(REDIRECT, redirect())
                .jump("PREROUTING", rule().comment(PORTALS).jump(SERVICES))
                .jump("OUTPUT", rule().comment(PORTALS).jump(SERVICES))
                .build();
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
        rules.add(sentByProxy());
        rules.add(outsideSourceRanges().leave());
        rules.add(toAddress(PortalAccess.OPEN).jump(REDIRECT));
        rules.add(toAddress(PortalAccess.NODE_ONLY).jump(FROM_NODE));
        rules.addAll(forNodePorts(match -> match.jump(NODE_PORTS)));
        return rules;
    }

    private List<Rule> redirect() {
        List<Rule> rules = new ArrayList<>();
        rules.add(rule().protocol(Protocol.TCP).dnat(proxyAddress, tcpPort));
        if (udpPort != 0) {
            rules.add(rule().protocol(Protocol.UDP).dnat(proxyAddress, udpPort));
        }
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
        List<Rule> rules = new ArrayList<>();
        rules.add(rule().port(Protocol.TCP, tcpPort).state(ConnectionState.DNAT).accept());
        rules.add(rule().port(Protocol.TCP, tcpPort).target(Target.Reject.TCP_RESET));
        if (udpPort != 0) {
            rules.add(toUdpSocket().state(ConnectionState.DNAT).accept());
            rules.add(toUdpSocket().reject(family()));
        }
        return rules;
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

    /**
     * As {@link #hold}, for datagrams: those of flows that the process has served too. Nobody would answer them, and
     * the kernel would report their port as unreachable; so a client repeats them as it does those that are lost. Those
     * of the node itself are dropped on their way in too: on their way out their sender would see an error.
     */
    public List<ChainRule> holdDatagrams(Instant end) {
        return udpPort == 0
                ? List.of()
                : List.of(new ChainRule(INPUT, toUdpSocket().until(end).drop()));
    }

    /**
     * The UDP port of {@code address} that rules in force lead to: the one of the last process.
     *
     * @param redirect the rules of the chain {@link #REDIRECT}
     * @return 0 when there is none
     */
    public static int udpPort(List<String> redirect, IpAddress address) {
        for (String text : redirect) {
            if (parsed(text).target() instanceof Target.Dnat to
                    && text.equals(rule().protocol(Protocol.UDP)
                            .dnat(address, to.port())
                            .text())) {
                return to.port();
            }
        }
        return 0;
    }

    private static Rule parsed(String text) {
        try {
            return Rule.parse(text);
        } catch (IllegalArgumentException e) {
            return rule().leave(); // somebody else's
        }
    }

    /**
     * Rules for the heads of their chains, for the time between two processes: where kube-proxy has rules too, its own
     * come first. It does not move a jump that stands behind ours since before this process started.
     *
     * @param nat chains that the kernel has
     */
    public static List<ChainRule> yieldTo(Set<String> nat) {
        return nat.contains(KUBE_PROXY) && nat.contains(SERVICES)
                ? List.of(new ChainRule(SERVICES, rule().jump(KUBE_PROXY)))
                : List.of();
    }

    /**
     * What the proxy sends to an endpoint is no Service traffic any more, even if the endpoint's address is a portal:
     * redirected, it would come back to the proxy for ever.
     */
    private static Rule sentByProxy() {
        return rule().marked(ProxyMark.SENT).leave();
    }

    private List<Rule> firewall() {
        List<Rule> rules = new ArrayList<>();
        rules.add(sentByProxy());
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
        return rule().to(proxyAddress).port(Protocol.UDP, udpPort);
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
