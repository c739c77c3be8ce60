// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.config.NftablesConfig;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * The table of one family: its chains and their rules, which depend on the configuration, and on the kinds of choice
 * that occur.
 */
public final class TableLayout {
    /** The name of the table in both families. */
    public static final String TABLE = "sluice";

    public static final String COMMENT = "Services, written by Sluice";

    private static final int BEFORE_NAT = -110;
    private static final int DESTINATION_NAT = -100;
    private static final int SOURCE_NAT = 100;
    private static final int FILTER = 0;

    private final NftablesConfig config;
    private final List<NftChain> hooks = List.of(
            base("filter-prerouting", "filter", Hook.PREROUTING, BEFORE_NAT),
            base("filter-output-before-nat", "filter", Hook.OUTPUT, BEFORE_NAT),
            base("filter-input", "filter", Hook.INPUT, FILTER),
            base("filter-forward", "filter", Hook.FORWARD, FILTER),
            base("filter-output", "filter", Hook.OUTPUT, FILTER),
            base("nat-prerouting", "nat", Hook.PREROUTING, DESTINATION_NAT),
            base("nat-output", "nat", Hook.OUTPUT, DESTINATION_NAT),
            base("nat-postrouting", "nat", Hook.POSTROUTING, SOURCE_NAT));

    /** Where packets with loopback addresses are changed. */
    private final List<NftChain> localhostHooks = List.of(
            base(LocalhostChains.PREROUTING, "filter", Hook.PREROUTING, DESTINATION_NAT + 10),
            base(LocalhostChains.INPUT, "filter", Hook.INPUT, SOURCE_NAT + 10));

    public TableLayout(NftablesConfig config) {
        this.config = config;
    }

    private static NftChain base(String name, String type, Hook hook, int priority) {
        return new NftChain(name, new BaseHook(type, hook, priority), "");
    }

    public IpFamily family() {
        return config.family();
    }

    public Table table() {
        return new Table(family(), TABLE);
    }

    /** All chains where {@code kinds} occur. */
    public List<NftChain> chains(Collection<Kind> kinds) {
        List<NftChain> chains = new ArrayList<>(hooks);
        FixedChains.NAMES.forEach(name -> chains.add(NftChain.regular(name)));
        if (config.localhostNodePorts()) {
            chains.addAll(localhostHooks);
            LocalhostChains.NAMES.forEach(name -> chains.add(NftChain.regular(name)));
        }
        KindChains.names(kinds).forEach(name -> chains.add(NftChain.regular(name)));
        return chains;
    }

    /** All rules where {@code kinds} occur, those of each chain in their order. */
    public List<NftRule> rules(Collection<Kind> kinds) {
        List<NftRule> rules = new FixedChains(config).rules();
        if (config.localhostNodePorts()) {
            rules.addAll(new LocalhostChains(config).rules());
        }
        rules.addAll(new KindChains(family()).rules(kinds));
        return rules;
    }

    /** The chains that {@code kind} needs. */
    public static List<NftChain> chains(Kind kind) {
        return KindChains.names(List.of(kind)).stream().map(NftChain::regular).toList();
    }

    /** The rules of the chains that {@code kinds} need. */
    public List<NftRule> choosing(Collection<Kind> kinds) {
        return new KindChains(family()).rules(kinds);
    }

    /** What leads to the chain of {@code kind}, which has that number. */
    public static SetElement element(Kind kind, int number) {
        return SetElement.of(Words.number(number), Verdict.goTo(kind.chain()));
    }
}
