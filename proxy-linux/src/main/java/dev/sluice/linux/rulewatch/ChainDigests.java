// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import java.nio.charset.StandardCharsets;
import java.util.function.LongConsumer;

/**
 * The digests of a table's chains, by the digests of their names: an open-addressing hash table of pairs of longs,
 * since a large table has a hundred thousand chains.
 */
final class ChainDigests {
    private static final long MULTIPLIER = 0x9e37_79b9_7f4a_7c15L;

    private long[] slots = new long[32];
    private int size;

    /** The key of a chain; never 0. */
    static long key(String chain) {
        long hash = MULTIPLIER;
        for (byte b : chain.getBytes(StandardCharsets.UTF_8)) {
            hash = mix(hash, b);
        }
        return hash == 0 ? 1 : hash;
    }

    static long mix(long hash, long value) {
        long mixed = (hash ^ value) * MULTIPLIER;
        return mixed ^ mixed >>> 29;
    }

    void put(long key, long digest) {
        if (size * 4 >= slots.length) {
            long[] old = slots;
            slots = new long[old.length * 2];
            for (int i = 0; i < old.length; i += 2) {
                if (old[i] != 0) {
                    set(old[i], old[i + 1]);
                }
            }
        }
        size += set(key, digest) ? 1 : 0;
    }

    private boolean set(long key, long digest) {
        int at = find(key);
        boolean added = slots[at] == 0;
        slots[at] = key;
        slots[at + 1] = digest;
        return added;
    }

    private int find(long key) {
        int mask = slots.length / 2 - 1;
        int at = (int) (key ^ key >>> 32) & mask;
        while (slots[2 * at] != 0 && slots[2 * at] != key) {
            at = at + 1 & mask;
        }
        return 2 * at;
    }

    boolean has(long key) {
        return slots[find(key)] != 0;
    }

    /** The digest of a chain; 0 when there is none. */
    long get(long key) {
        return slots[find(key) + 1];
    }

    void forEachKey(LongConsumer action) {
        for (int i = 0; i < slots.length; i += 2) {
            if (slots[i] != 0) {
                action.accept(slots[i]);
            }
        }
    }
}
