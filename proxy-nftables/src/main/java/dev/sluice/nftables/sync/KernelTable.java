// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.Nftables.ListedChain;
import dev.sluice.linux.nftables.Nftables.SetHeader;
import dev.sluice.linux.nftables.PackedElements;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.ServiceSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The table as the kernel has it.
 *
 * @param exists whether there is one
 * @param chains all chains by name
 * @param rules the rules of each chain that has any
 * @param present the sets that are there as we make them
 * @param elements those of the sets that were read
 * @param misfits the sets that are not ours, or not as we make them
 */
record KernelTable(
        boolean exists,
        Map<String, ListedChain> chains,
        Map<String, List<NftRule>> rules,
        Set<ServiceSet> present,
        Map<ServiceSet, PackedElements> elements,
        List<String> misfits) {

    /** No table. */
    static final KernelTable NONE = new KernelTable(false, Map.of(), Map.of(), Set.of(), Map.of(), List.of());

    /** Reads everything but what rules add. */
    static KernelTable read(Nftables nftables, Table table) throws KernelException {
        return read(nftables, table, EnumSet.complementOf(EnumSet.of(ServiceSet.AFFINITY)));
    }

    /** Reads the structure, and the elements of {@code wanted}. */
    static KernelTable read(Nftables nftables, Table table, Set<ServiceSet> wanted) throws KernelException {
        if (!nftables.exists(table)) {
            return NONE;
        }
        Set<ServiceSet> present = EnumSet.noneOf(ServiceSet.class);
        Map<ServiceSet, PackedElements> elements = new EnumMap<>(ServiceSet.class);
        List<String> misfits = new ArrayList<>();
        for (SetHeader header : nftables.sets(table)) {
            ServiceSet ours = fitting(header, table);
            if (ours == null) {
                misfits.add(header.name());
                continue;
            }
            present.add(ours);
            if (wanted.contains(ours)) {
                elements.put(ours, elements(nftables, table, ours));
            }
        }
        return new KernelTable(true, chains(nftables, table), rules(nftables, table), present, elements, misfits);
    }

    private static Map<String, ListedChain> chains(Nftables nftables, Table table) throws KernelException {
        Map<String, ListedChain> chains = new LinkedHashMap<>();
        nftables.listChains(table).forEach(listed -> chains.put(listed.chain().name(), listed));
        return chains;
    }

    private static Map<String, List<NftRule>> rules(Nftables nftables, Table table) throws KernelException {
        return nftables.listRules(table).stream()
                .map(Nftables.ListedRule::rule)
                .collect(Collectors.groupingBy(NftRule::chain));
    }

    private static @Nullable ServiceSet fitting(SetHeader header, Table table) {
        return ServiceSet.labelled(header.name())
                .filter(set -> header.fits(set.definition(table.family())))
                .orElse(null);
    }

    private static PackedElements elements(Nftables nftables, Table table, ServiceSet set) throws KernelException {
        return nftables.packedElements(table, set.definition(table.family())).orElseGet(KernelTable::noElements);
    }

    private static PackedElements noElements() {
        return PackedElements.of(List.of());
    }

    /** The elements of {@code set}; none when it is not there. */
    PackedElements of(ServiceSet set) {
        PackedElements there = elements.get(set);
        return there == null ? noElements() : there;
    }

    /** The same by their keys. */
    Map<Words, SetElement> byKey(ServiceSet set) {
        Map<Words, SetElement> all = new HashMap<>();
        of(set).forEach(element -> all.put(element.key(), element));
        return all;
    }
}
