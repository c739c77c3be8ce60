// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.net.SocketAddress;
import java.util.List;

/**
 * Endpoints that a new connection chooses from.
 *
 * @param id 1 to {@link dev.sluice.nftables.layout.PacketNumber#LAST_POOL}
 * @param sticky whether a client keeps its endpoint
 * @param slots one for each endpoint; a random number below their count chooses one
 */
public record Pool(int id, boolean sticky, List<Slot> slots) {

    public Pool {
        slots = List.copyOf(slots);
    }

    /**
     * An endpoint in a pool.
     *
     * @param member its number among those of the pool, which it keeps as long as it is there; 0 where clients keep
     *     nothing
     */
    public record Slot(SocketAddress target, int member) {}
}
