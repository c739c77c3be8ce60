// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.nftables.NftCommand.Table;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A table in memory that refuses nothing. */
final class MapState implements NftState {
    private final Table table;
    private final Map<String, NftChain> chains = new LinkedHashMap<>();
    private final Map<String, List<NftRule>> rules = new HashMap<>();
    private final Map<String, NftElements> sets = new HashMap<>();

    MapState(IpFamily family) {
        this.table = new Table(family, "proxy");
    }

    MapState chain(NftChain chain, NftRule... content) {
        chains.put(chain.name(), chain);
        rules.put(chain.name(), new ArrayList<>(List.of(content)));
        return this;
    }

    MapState set(NftSet set, SetElement... elements) {
        NftElements content = new NftElements(set);
        List.of(elements).forEach(content::put);
        sets.put(set.name(), content);
        return this;
    }

    @Override
    public Table table() {
        return table;
    }

    @Override
    public List<NftChain> baseChains() {
        return chains.values().stream().filter(chain -> chain.hook() != null).toList();
    }

    @Override
    public Optional<List<NftRule>> rules(String chain) {
        return Optional.ofNullable(rules.get(chain));
    }

    @Override
    public Optional<Content> content(String set) {
        return Optional.ofNullable(sets.get(set));
    }
}
