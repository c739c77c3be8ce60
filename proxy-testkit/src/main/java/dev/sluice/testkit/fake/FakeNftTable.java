// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftElements;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.NftState;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.Nftables.ListedRule;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One table in memory. */
final class FakeNftTable implements NftState {
    private final Table table;
    private final boolean owned;
    private final Map<String, FakeChain> chains = new LinkedHashMap<>();
    private final Map<String, NftElements> sets = new LinkedHashMap<>();

    /** How many rules and elements lead to a chain, and how many rules use a set. */
    private final Map<String, Integer> chainUses = new HashMap<>();

    private final Map<String, Integer> setUses = new HashMap<>();

    private long lastHandle;

    record FakeChain(NftChain chain, List<ListedRule> rules) {
        FakeChain(NftChain chain) {
            this(chain, new ArrayList<>());
        }
    }

    FakeNftTable(Table table, boolean owned) {
        this.table = table;
        this.owned = owned;
    }

    long nextHandle() {
        return ++lastHandle;
    }

    boolean owned() {
        return owned;
    }

    Map<String, FakeChain> chains() {
        return chains;
    }

    Map<String, NftElements> sets() {
        return sets;
    }

    Map<String, Integer> chainUses() {
        return chainUses;
    }

    Map<String, Integer> setUses() {
        return setUses;
    }

    @Override
    public Table table() {
        return table;
    }

    @Override
    public List<NftChain> baseChains() {
        return chains.values().stream()
                .map(FakeChain::chain)
                .filter(chain -> chain.hook() != null)
                .toList();
    }

    @Override
    public Optional<List<NftRule>> rules(String chain) {
        return Optional.ofNullable(chains.get(chain))
                .map(found -> found.rules().stream().map(ListedRule::rule).toList());
    }

    @Override
    public Optional<Content> content(String set) {
        return Optional.ofNullable(sets.get(set));
    }

    /** What a notification names; empty for the table itself. */
    static Optional<KernelObject> changedBy(NftCommand command) {
        return switch (command) {
            case NftCommand.AddTable _, NftCommand.DeleteTable _ -> Optional.empty();
            case NftCommand.AddChain(var _, var chain) -> chain(chain.name());
            case NftCommand.FlushChain(var _, var chain) -> chain(chain);
            case NftCommand.DeleteChain(var _, var chain) -> chain(chain);
            case NftCommand.AddRule(var _, var rule) -> chain(rule.chain());
            case NftCommand.AddSet(var _, var set) -> set(set.name());
            case NftCommand.DeleteSet(var _, var set) -> set(set);
            case NftCommand.FlushSet(var _, var set) -> set(set);
            case NftCommand.AddElements(var _, var set, var _) -> set(set);
            case NftCommand.DeleteElements(var _, var set, var _) -> set(set);
        };
    }

    private static Optional<KernelObject> chain(String name) {
        return Optional.of(new KernelObject(NftTableWatch.CHAIN, name));
    }

    private static Optional<KernelObject> set(String name) {
        return Optional.of(new KernelObject(NftTableWatch.SET, name));
    }
}
