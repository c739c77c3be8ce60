// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.PacketNumber;
import java.util.BitSet;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.OptionalInt;

/** The numbers of pools and of kinds that are taken. */
public final class PoolNumbers {
    private final BitSet pools = new BitSet();
    private final Map<Kind, Integer> kinds = new LinkedHashMap<>();
    private final BitSet kindNumbers = new BitSet();
    private int lastPool;
    private int taken;

    /** Takes the number of a pool that is there. */
    public void takePool(int id) {
        if (!pools.get(id)) {
            pools.set(id);
            taken++;
        }
        lastPool = Math.max(lastPool, id);
    }

    /**
     * A free number for a pool; empty when there is none. A number that became free is used again as late as possible,
     * so that no packet on its way has it.
     */
    OptionalInt newPool() {
        int id = pools.nextClearBit(lastPool + 1);
        if (id > last()) {
            id = pools.nextClearBit(1);
        }
        if (id > PacketNumber.LAST_POOL) {
            return OptionalInt.empty();
        }
        pools.set(id);
        taken++;
        lastPool = id;
        return OptionalInt.of(id);
    }

    /** Twice as many as are taken, in whole maps of slots: few Services are not to be scattered over many maps. */
    private int last() {
        int maps = 2 * taken / PacketNumber.POOLS_OF_A_MAP + 1;
        return Math.min(maps * PacketNumber.POOLS_OF_A_MAP - 1, PacketNumber.LAST_POOL);
    }

    /** Gives the number of a pool back. */
    public void freePool(int id) {
        if (pools.get(id)) {
            pools.clear(id);
            taken--;
        }
    }

    /** Takes the number of a kind that is there. */
    public void takeKind(Kind kind, int number) {
        if (number >= 1 && number <= PacketNumber.LAST_KIND && !kindNumbers.get(number)) {
            kinds.putIfAbsent(kind, number);
            kindNumbers.set(number);
        }
    }

    /** The number of {@code kind}, which it gets if it has none; empty when all numbers are taken. */
    OptionalInt kind(Kind kind) {
        Integer known = kinds.get(kind);
        if (known != null) {
            return OptionalInt.of(known);
        }
        int free = kindNumbers.nextClearBit(1);
        if (free > PacketNumber.LAST_KIND) {
            return OptionalInt.empty();
        }
        takeKind(kind, free);
        return OptionalInt.of(free);
    }

    /** The kinds that have numbers. */
    public Map<Kind, Integer> kinds() {
        return Collections.unmodifiableMap(kinds);
    }

    /** Gives the number of a kind back that no pool has any more. */
    public void freeKind(Kind kind) {
        Integer number = kinds.remove(kind);
        if (number != null) {
            kindNumbers.clear(number);
        }
    }
}
