// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables.ListedChain;
import dev.sluice.linux.nftables.Nftables.ListedRule;
import dev.sluice.linux.nftables.Nftables.SetHeader;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A table as it is in the kernel. */
final class ReadState implements NftState {
    private final Nftables nftables;
    private final Table table;
    private final List<NftChain> baseChains;
    private final Map<String, List<NftRule>> rules;
    private final Map<String, SetHeader> headers;
    private final Map<String, Content> contents = new HashMap<>();

    private ReadState(
            Nftables nftables,
            Table table,
            List<NftChain> baseChains,
            Map<String, List<NftRule>> rules,
            Map<String, SetHeader> headers) {
        this.nftables = nftables;
        this.table = table;
        this.baseChains = baseChains;
        this.rules = rules;
        this.headers = headers;
    }

    static ReadState of(Nftables nftables, Table table) throws KernelException {
        List<ListedChain> chains = nftables.listChains(table);
        Optional<ListedChain> dropping =
                chains.stream().filter(ListedChain::drops).findAny();
        if (dropping.isPresent()) {
            throw new IllegalStateException(dropping.get() + " drops what no rule decides, which is not known here");
        }
        Map<String, List<NftRule>> rules = new LinkedHashMap<>();
        chains.forEach(listed -> rules.put(listed.chain().name(), List.of()));
        rules.putAll(nftables.listRules(table).stream()
                .map(ListedRule::rule)
                .collect(Collectors.groupingBy(NftRule::chain, LinkedHashMap::new, Collectors.toList())));
        List<NftChain> hooked = chains.stream()
                .map(ListedChain::chain)
                .filter(chain -> chain.hook() != null)
                .toList();
        Map<String, SetHeader> headers = new HashMap<>();
        nftables.sets(table).forEach(header -> headers.put(header.name(), header));
        return new ReadState(nftables, table, hooked, rules, headers);
    }

    @Override
    public Table table() {
        return table;
    }

    @Override
    public List<NftChain> baseChains() {
        return baseChains;
    }

    @Override
    public Optional<List<NftRule>> rules(String chain) {
        return Optional.ofNullable(rules.get(chain));
    }

    @Override
    public Optional<Content> content(String set) {
        SetHeader header = headers.get(set);
        return header == null
                ? Optional.empty()
                : Optional.of(contents.computeIfAbsent(set, _ -> readElements(header)));
    }

    private Content readElements(SetHeader header) {
        NftSet set = header.set()
                .orElseThrow(() -> new IllegalStateException("set " + header.name() + " has fields of unknown types"));
        NftElements elements = new NftElements(set);
        try {
            nftables.elements(table, set).orElse(List.of()).forEach(elements::put);
        } catch (KernelException e) {
            throw new IllegalStateException("the elements of " + set.name() + " cannot be read", e);
        }
        return elements;
    }
}
