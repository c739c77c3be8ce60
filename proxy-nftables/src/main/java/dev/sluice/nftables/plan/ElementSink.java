// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.ServiceSet;
import org.jspecify.annotations.Nullable;

/** Takes elements as they are rendered. */
public interface ElementSink {
    /**
     * An element that has nothing but these.
     *
     * @param key and {@code value} have the next element's bytes after the call
     * @param value null in sets
     * @param comment empty for none
     */
    void take(ServiceSet set, Words.Builder key, Words.@Nullable Builder value, String comment);

    /** Any other element. */
    void take(ServiceSet set, SetElement element);

    /** Whether the slots of {@code pool} are known to be there, and need not be rendered. */
    default boolean has(Pool pool) {
        return false;
    }

    /** The element of {@link #take(ServiceSet, Words.Builder, Words.Builder, String)}. */
    static SetElement element(Words.Builder key, Words.@Nullable Builder value, String comment) {
        return new SetElement(key.build(), null, value == null ? null : value.build(), null, comment);
    }
}
