// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.nftables.expression.ConnectionLimit;
import java.time.Duration;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An element of a set or map.
 *
 * @param key the first key of a range, where the set has ranges
 * @param end the last key of a range, else null
 * @param value of a map, else null
 * @param timeout after which it ends; null for the set's own
 * @param comment that {@code nft} prints, empty for none
 * @param limit packets find the element only when more connections than that are open; null for none
 */
public record SetElement(
        Words key,
        @Nullable Words end,
        @Nullable Value value,
        @Nullable Duration timeout,
        String comment,
        @Nullable ConnectionLimit limit) {

    /** Without a limit. */
    public SetElement(
            Words key, @Nullable Words end, @Nullable Value value, @Nullable Duration timeout, String comment) {
        this(key, end, value, timeout, comment, null);
    }

    /** Elements are compared by the thousand, and the method that a record gets takes several times as long. */
    @Override
    public boolean equals(Object other) {
        return other instanceof SetElement that
                && key.equals(that.key)
                && comment.equals(that.comment)
                && Objects.equals(value, that.value)
                && Objects.equals(end, that.end)
                && Objects.equals(timeout, that.timeout)
                && Objects.equals(limit, that.limit);
    }

    @Override
    public int hashCode() {
        return key.hashCode();
    }

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
        return new SetElement(key, end, value, timeout, text, limit);
    }

    public SetElement withLimit(ConnectionLimit counted) {
        return new SetElement(key, end, value, timeout, comment, counted);
    }
}
