// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/**
 * A set, or a map when its elements give a value.
 *
 * @param key the fields of a key
 * @param data the fields of a value; empty for a set, and for a map of verdicts
 * @param flags what it can do
 * @param timeout of elements that have none of their own; zero for none
 * @param size the most elements that it holds, 0 for no limit
 * @param comment that {@code nft} prints, empty for none
 */
public record NftSet(
        String name,
        List<DataType> key,
        List<DataType> data,
        Set<Flag> flags,
        Duration timeout,
        int size,
        String comment) {

    /** The kernel's flags (NFT_SET_*). */
    public enum Flag {
        /** Keys are ranges. */
        INTERVAL(0x4),
        /** A map whose values are verdicts, which a change validates again: use it for few elements. */
        VERDICTS(0x8),
        /** Elements end after their time. */
        TIMEOUT(0x10),
        /** Rules add elements. */
        DYNAMIC(0x20);

        private final int number;

        Flag(int number) {
            this.number = number;
        }

        int number() {
            return number;
        }
    }

    public NftSet {
        key = List.copyOf(key);
        data = List.copyOf(data);
        flags = Set.copyOf(flags);
    }

    /** A set of {@code key}. */
    public static NftSet set(String name, List<DataType> key) {
        return new NftSet(name, key, List.of(), Set.of(), Duration.ZERO, 0, "");
    }

    /** A map from {@code key} to {@code data}. */
    public static NftSet map(String name, List<DataType> key, List<DataType> data) {
        return new NftSet(name, key, data, Set.of(), Duration.ZERO, 0, "");
    }

    /** A map from {@code key} to verdicts. */
    public static NftSet verdicts(String name, List<DataType> key) {
        return new NftSet(name, key, List.of(), Set.of(Flag.VERDICTS), Duration.ZERO, 0, "");
    }

    public NftSet with(Flag... more) {
        Set<Flag> all = EnumSet.copyOf(flags.isEmpty() ? EnumSet.noneOf(Flag.class) : flags);
        all.addAll(List.of(more));
        return new NftSet(name, key, data, all, timeout, size, comment);
    }

    public NftSet withSize(int elements) {
        return new NftSet(name, key, data, flags, timeout, elements, comment);
    }

    public NftSet withComment(String text) {
        return new NftSet(name, key, data, flags, timeout, size, text);
    }

    /** Whether keys are ranges in each field of a concatenation. */
    public boolean hasConcatenatedRanges() {
        return flags.contains(Flag.INTERVAL) && key.size() > 1;
    }

    /** The length of a key in bytes. */
    public int keyLength() {
        return DataType.length(key);
    }

    public boolean isMap() {
        return !data.isEmpty() || flags.contains(Flag.VERDICTS);
    }
}
