// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The names of the attributes of one level and of those nested in them. */
public final class AttributeNames {
    /** Knows no attribute. */
    public static final AttributeNames NONE = new AttributeNames(Map.of(), Map.of());

    private final Map<Integer, String> names;
    private final Map<Integer, AttributeNames> nested;

    private AttributeNames(Map<Integer, String> names, Map<Integer, AttributeNames> nested) {
        this.names = names;
        this.nested = nested;
    }

    /** Names for the types 1, 2, and so on. */
    public static AttributeNames of(String... fromOne) {
        Map<Integer, String> names = new HashMap<>();
        for (int i = 0; i < fromOne.length; i++) {
            names.put(i + 1, fromOne[i]);
        }
        return new AttributeNames(Map.copyOf(names), Map.of());
    }

    /** These names, with {@code type} holding attributes that {@code inside} names. */
    public AttributeNames nesting(int type, AttributeNames inside) {
        Map<Integer, AttributeNames> more = new HashMap<>(nested);
        more.put(type, inside);
        return new AttributeNames(names, Map.copyOf(more));
    }

    String name(int type) {
        return names.getOrDefault(type, Integer.toString(type));
    }

    @Nullable
    AttributeNames inside(int type) {
        return nested.get(type);
    }
}
