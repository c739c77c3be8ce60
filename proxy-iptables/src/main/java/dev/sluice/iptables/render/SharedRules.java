// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.linux.rules.RuleBuilder.rule;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.linux.iptables.RuleLine;
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
 * Renders the rules that exist whatever Services there are.
 *
 * @param nodePortRules the last rules of {@code KUBE-SERVICES} in nat, which lead to the node ports
 * @param randomFully whether masquerading picks source ports at random, so that two clients rarely race for one
 * @param dropInvalid whether packets that conntrack cannot place are dropped; the node's own stack would answer them
 *     with a reset of the client's connection
 * @param countInvalid whether the dropped packets are counted
 */
public record SharedRules(
        IptablesConfig config,
        List<String> nodePortRules,
        boolean randomFully,
        boolean dropInvalid,
        boolean countInvalid) {
    private static final String NODE_PORTS_COMMENT =
            "kubernetes service nodeports; NOTE: this must be the last rule in this chain";

    public SharedRules {
        nodePortRules = List.copyOf(nodePortRules);
    }

    /** Whether node ports are served on 127.0.0.1, for which the kernel must route loopback addresses. */
    public static boolean servesLocalhost(IptablesConfig config) {
        return config.family() == IpFamily.IPV4
                && config.localhostNodePorts()
                && config.nodePortAddresses().containsLoopback();
    }

    /** Whether node ports are served on 127.0.0.1. */
    public boolean servesLocalhost() {
        return servesLocalhost(config);
    }

    /** Whether node ports are served on {@code address} if the node has it. */
    public static boolean servesNodePorts(IptablesConfig config, IpAddress address) {
        return config.nodePortAddresses().contains(address) && (!address.isLoopback() || servesLocalhost(config));
    }

    /** Whether we write {@code rule} into that built-in chain of the filter table. */
    public static boolean ownsJump(String table, String chain, String rule) {
        IptablesConfig any = IptablesConfig.defaults(IpFamily.IPV4);
        RuleTable filter = new SharedRules(any, List.of(), false, false, false).filter();
        return filter.name().equals(table) && filter.text().jumps().contains(new RuleLine(chain, rule));
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
                            .jump(SharedChains.NODE_PORTS)
                            .text())
                    .toList();
        }
        RuleBuilder rule = rule().comment(NODE_PORTS_COMMENT).toLocalAddress();
        if (!servesLocalhost(config)) {
            rule.notTo(Cidr.loopback(config.family()));
        }
        return List.of(rule.jump(SharedChains.NODE_PORTS).text());
    }

    /** The shared part of nat. Dispatch chains are as in {@code found}, because their rules belong to ports. */
    public TableRules nat(SavedTable found) {
        return withDispatch(found, nat());
    }

    private RuleTable nat() {
        PacketMark mark = new PacketMark(config.masqueradeBit());
        Rule masquerade =
                rule().comment("kubernetes service traffic requiring SNAT").masquerade(randomFully);
        return RuleTable.of(SharedChains.NAT)
                .chain(SharedChains.POSTROUTING, rule().notMarked(mark).leave(), rule().flipMark(mark), masquerade)
                .chain(SharedChains.MARK_MASQ, rule().setMark(mark))
                .jump("OUTPUT", jump("kubernetes service portals", SharedChains.SERVICES))
                .jump("PREROUTING", jump("kubernetes service portals", SharedChains.SERVICES))
                .jump("POSTROUTING", jump("kubernetes postrouting rules", SharedChains.POSTROUTING))
                .build();
    }

    /** The shared part of filter, as {@link #nat(SavedTable)}. */
    public TableRules filter(SavedTable found) {
        return withDispatch(found, filter());
    }

    private static TableRules withDispatch(SavedTable found, RuleTable shared) {
        TableRules.Builder table = TableRules.of(shared.name());
        for (DispatchRoot root : DispatchRoot.in(shared.name())) {
            table.chain(root.chain(), found.rules(root.chain()));
        }
        return shared.addTo(table).build();
    }

    private RuleTable filter() {
        return RuleTable.of(SharedChains.FILTER)
                .chain(SharedChains.FORWARD, forward())
                .jump("INPUT", jumpNew("kubernetes externally-visible service portals", SharedChains.EXTERNAL_SERVICES))
                .jump(
                        "FORWARD",
                        jumpNew("kubernetes externally-visible service portals", SharedChains.EXTERNAL_SERVICES))
                .jump("INPUT", jump("kubernetes health check service ports", SharedChains.NODE_PORTS))
                .jump("FORWARD", jumpNew("kubernetes service portals", SharedChains.SERVICES))
                .jump("OUTPUT", jumpNew("kubernetes service portals", SharedChains.SERVICES))
                .jump("FORWARD", jump("kubernetes forwarding rules", SharedChains.FORWARD))
                .jump("INPUT", jumpNew("kubernetes load balancer firewall", SharedChains.PROXY_FIREWALL))
                .jump("OUTPUT", jumpNew("kubernetes load balancer firewall", SharedChains.PROXY_FIREWALL))
                .jump("FORWARD", jumpNew("kubernetes load balancer firewall", SharedChains.PROXY_FIREWALL))
                .build();
    }

    /** How many rules in the shared chains of nat belong to no port. */
    public int natRules() {
        return nodePortRules.size()
                + nat(SavedTable.empty(SharedChains.NAT)).chains().values().stream()
                        .mapToInt(List::size)
                        .sum();
    }

    /** How many rules in the shared chains of filter belong to no port. */
    public int filterRules() {
        return forward().size() + (servesLocalhost() ? 1 : 0);
    }

    private List<Rule> forward() {
        List<Rule> rules = new ArrayList<>();
        if (dropInvalid) {
            RuleBuilder invalid = rule().state(ConnectionState.INVALID);
            rules.add((countInvalid ? invalid.counted(PacketCounter.INVALID_DROPPED.label()) : invalid).drop());
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
