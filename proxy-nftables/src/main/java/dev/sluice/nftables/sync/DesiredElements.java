// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.plan.ElementPlan;
import dev.sluice.nftables.plan.Placed;
import dev.sluice.nftables.plan.PoolNumbers;
import dev.sluice.nftables.plan.PortElements;
import dev.sluice.nftables.plan.ServedNode;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The elements that the table is to have, by set and key. */
final class DesiredElements {
    private final Map<ServiceSet, Map<Words, SetElement>> elements = new EnumMap<>(ServiceSet.class);

    /** Those of {@code wanted} as {@code applied} has them. */
    DesiredElements(AppliedElements applied, Set<ServiceSet> wanted) {
        applied.node().ifPresent(node -> {
            for (ElementPlan plan : applied.ports.values()) {
                for (Placed placed : PortElements.of(node, applied.numbers, plan)) {
                    if (wanted.contains(placed.set())) {
                        add(placed.set(), placed.element());
                    }
                }
            }
            ofNoPort(applied.numbers, node).forEach(placed -> add(placed.set(), placed.element()));
        });
    }

    /** The elements of all kinds that have {@code numbers}, and of the node. */
    static List<Placed> ofNoPort(PoolNumbers numbers, ServedNode node) {
        List<Placed> elements = new ArrayList<>();
        numbers.kinds()
                .forEach((kind, number) ->
                        elements.add(new Placed(ServiceSet.KINDS, TableLayout.element(kind, number))));
        elements.addAll(node.elements());
        return elements;
    }

    private void add(ServiceSet set, SetElement element) {
        elements.computeIfAbsent(set, _ -> new HashMap<>()).putIfAbsent(element.key(), element);
    }

    Map<Words, SetElement> of(ServiceSet set) {
        return elements.getOrDefault(set, Map.of());
    }
}
