// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import java.util.Collection;
import java.util.Comparator;
import java.util.PriorityQueue;
import java.util.function.ToIntFunction;

/**
 * Who gets the next slot: first each endpoint one, then always the one with the highest quotient of its weight and
 * twice its slots and one (Webster's method). So shares are as exact as the number of slots admits, and a little more
 * or less weight moves few slots.
 */
final class SlotTurns {
    private final PriorityQueue<Turn> turns = new PriorityQueue<>(Comparator.comparing((Turn turn) -> turn.slots > 0)
            .thenComparing(SlotTurns::byQuotient)
            .thenComparing(turn -> turn.target.address(), IpAddress::compareTo)
            .thenComparingInt(turn -> turn.target.port()));

    private record Turn(SocketAddress target, int weight, int slots) {}

    /** @param weight of each endpoint, at least 1 */
    SlotTurns(Collection<Endpoint> endpoints, ToIntFunction<Endpoint> weight) {
        endpoints.forEach(each -> turns.add(new Turn(each.socketAddress(), weight.applyAsInt(each), 0)));
    }

    /** The higher one first. */
    private static int byQuotient(Turn one, Turn other) {
        return Long.compare((2L * one.slots + 1) * other.weight, (2L * other.slots + 1) * one.weight);
    }

    /** There must be an endpoint. */
    SocketAddress next() {
        Turn turn = turns.remove();
        turns.add(new Turn(turn.target, turn.weight, turn.slots + 1));
        return turn.target;
    }
}
