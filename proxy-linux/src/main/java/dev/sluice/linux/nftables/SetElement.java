// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An element of a set or map.
 *
 * @param key the first key of a range, where the set has ranges
 * @param end the last key of a range, else null
 * @param value of a map, else null
 * @param timeout after which it ends; null for the set's own
 * @param comment that {@code nft} prints, empty for none
 */
public record SetElement(
        Words key,
        @Nullable Words end,
        @Nullable Value value,
        @Nullable Duration timeout,
        String comment) {

    public static SetElement of(Words key) {
        return new SetElement(key, null, null, null, "");
    }

    public static SetElement of(Words key, Value value) {
        return new SetElement(key, null, value, null, "");
    }

    public static SetElement range(Words first, Words last) {
        return new SetElement(first, last, null, null, "");
    }

    public SetElement withComment(String text) {
        return new SetElement(key, end, value, timeout, text);
    }
}
