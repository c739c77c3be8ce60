// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.layout;

/**
 * The number that the first packet of a connection carries in its priority while the table's rules choose an endpoint.
 * Its upper bits name a pool of endpoints. The lower ones say how the pool is used, or, once a sticky pool has chosen,
 * which of its members it is:
 *
 * <pre>
 * 1 pppppppppppppppppp 0 M L kkkkkkkkkk   pool p; masquerade (M), external policy Local (L), kind of choice k
 * 1 pppppppppppppppppp 1 eeeeeeeeeeee     member e of the sticky pool p
 * </pre>
 */
public final class PacketNumber {
    /** Set in each of these numbers. */
    public static final int MARKER = 0x80000000;

    /** Keeps what is the same for all numbers of one pool. */
    public static final int POOL_MASK = 0xffffe000;

    /** Set in numbers of members. */
    public static final int MEMBER = 0x1000;

    /** The packet is masqueraded. */
    public static final int MASQUERADE = 0x800;

    /** Packets of Pods and of the node itself use another pool. */
    public static final int LOCAL_POLICY = 0x400;

    /** The kind of choice; 0 for a pool without endpoints. */
    public static final int KIND_MASK = 0x3ff;

    /** Pools are numbered from 1 to this. */
    public static final int LAST_POOL = (1 << 18) - 1;

    /** Members are numbered from 0 to this. */
    public static final int LAST_MEMBER = MEMBER - 1;

    /** Kinds are numbered from 1 to this. */
    public static final int LAST_KIND = KIND_MASK;

    /** So many pools share a map of slots. */
    public static final int POOLS_OF_A_MAP = 8192;

    private static final int POOL_SHIFT = 13;

    private PacketNumber() {}

    /** The bits of pool {@code id}. */
    public static int ofPool(int id) {
        return MARKER | id << POOL_SHIFT;
    }

    public static int ofMember(int pool, int member) {
        return ofPool(pool) | MEMBER | member;
    }

    /** The pool that {@code number} names. */
    public static int pool(int number) {
        return number >>> POOL_SHIFT & LAST_POOL;
    }

    /** The number of the map that has the slots of pool {@code id}, from 0. */
    public static int slotMap(int id) {
        return id / POOLS_OF_A_MAP % ServiceSet.slotMaps().size();
    }

    /** The member that {@code number} names. */
    public static int member(int number) {
        return number & LAST_MEMBER;
    }
}
