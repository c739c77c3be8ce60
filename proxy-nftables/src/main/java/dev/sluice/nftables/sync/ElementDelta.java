// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.ServiceSet;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The elements that differ between what is applied and what is desired. */
final class ElementDelta {
    private final Map<ServiceSet, List<SetElement>> added = new EnumMap<>(ServiceSet.class);
    private final Map<ServiceSet, List<SetElement>> removed = new EnumMap<>(ServiceSet.class);
    private final Map<ServiceSet, List<Change>> changed = new EnumMap<>(ServiceSet.class);

    /** An element that is replaced. */
    record Change(SetElement before, SetElement after) {}

    /** Notes what became of an element; null when it was not there, or is not to be there. */
    void compare(ServiceSet set, @Nullable SetElement before, @Nullable SetElement after) {
        if (before == null && after != null) {
            added.computeIfAbsent(set, s -> new ArrayList<>()).add(after);
        } else if (before != null && after == null) {
            removed.computeIfAbsent(set, s -> new ArrayList<>()).add(before);
        } else if (before != null && after != null && !before.equals(after)) {
            changed.computeIfAbsent(set, s -> new ArrayList<>()).add(new Change(before, after));
        }
    }

    /** Notes the difference of a whole set. */
    void compare(ServiceSet set, Map<Words, SetElement> before, Map<Words, SetElement> after) {
        after.forEach((key, element) -> compare(set, before.get(key), element));
        before.forEach((key, element) -> {
            if (!after.containsKey(key)) {
                compare(set, element, null);
            }
        });
    }

    /** The sets that differ. */
    Set<ServiceSet> sets() {
        Set<ServiceSet> sets = EnumSet.noneOf(ServiceSet.class);
        sets.addAll(added.keySet());
        sets.addAll(removed.keySet());
        sets.addAll(changed.keySet());
        return sets;
    }

    /** How many elements of {@code set} differ. */
    int size(ServiceSet set) {
        return added(set).size() + removed(set).size() + changed(set).size();
    }

    List<SetElement> added(ServiceSet set) {
        return added.getOrDefault(set, List.of());
    }

    List<SetElement> removed(ServiceSet set) {
        return removed.getOrDefault(set, List.of());
    }

    List<Change> changed(ServiceSet set) {
        return changed.getOrDefault(set, List.of());
    }
}
