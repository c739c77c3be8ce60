// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The elements of a set in memory, found as the kernel finds them: by key, or by the ranges of each field. */
public final class NftElements implements NftState.Content {
    private final NftSet set;
    private final Map<Range, SetElement> elements = new LinkedHashMap<>();

    /** The keys of an element; {@code end} is null in a set without ranges. */
    private record Range(Words key, @Nullable Words end) {}

    public NftElements(NftSet set) {
        this.set = set;
    }

    @Override
    public NftSet set() {
        return set;
    }

    /** The first element whose key is, or whose range has, {@code key}. */
    @Override
    public Optional<SetElement> find(Words key) {
        if (!set.flags().contains(NftSet.Flag.INTERVAL)) {
            return Optional.ofNullable(elements.get(new Range(key, null)));
        }
        if (!set.hasConcatenatedRanges()) {
            throw new IllegalStateException(
                    "set " + set.name() + " has intervals of one field, which are not known here");
        }
        return elements.values().stream()
                .filter(element -> covers(element, key))
                .findFirst();
    }

    private boolean covers(SetElement element, Words key) {
        int from = 0;
        Words end = element.end() == null ? element.key() : element.end();
        for (DataType field : set.key()) {
            int to = from + field.padded();
            if (key.comparePart(element.key(), from, to) < 0 || key.comparePart(end, from, to) > 0) {
                return false;
            }
            from = to;
        }
        return true;
    }

    /** The element with the same key, or the same range. */
    public Optional<SetElement> same(SetElement element) {
        return Optional.ofNullable(elements.get(rangeOf(element)));
    }

    private Range rangeOf(SetElement element) {
        Words end = element.end();
        return new Range(element.key(), set.hasConcatenatedRanges() && end == null ? element.key() : end);
    }

    /** Adds the element in place of the same one. */
    public void put(SetElement element) {
        elements.put(rangeOf(element), element);
    }

    public void remove(SetElement element) {
        elements.remove(rangeOf(element));
    }

    public int size() {
        return elements.size();
    }

    /** A view of them, in the order in which they were added. */
    public Collection<SetElement> all() {
        return Collections.unmodifiableCollection(elements.values());
    }
}
