// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.nftables.layout.PacketNumber;
import dev.sluice.nftables.plan.Pool.Slot;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which endpoint has which slot. An endpoint keeps its slots while the pool is as large; a new one takes the slots of
 * one that is gone, and without a new one the last slot's endpoint does, so that a change costs what it changes.
 */
final class PoolSlots {
    private PoolSlots() {}

    /**
     * Whether the slots are simply one endpoint after the other, as in nearly all pools of a start: all have the same
     * weight, and either there were no slots, or those for these endpoints.
     *
     * @param endpoints sorted, so that equal ones stand side by side
     */
    static boolean isSettled(List<Slot> before, List<Endpoint> endpoints) {
        if (!before.isEmpty() && before.size() != endpoints.size()) {
            return false;
        }
        for (int i = 0; i < endpoints.size(); i++) {
            Endpoint endpoint = endpoints.get(i);
            if (endpoint.weight() != endpoints.getFirst().weight()
                    || i > 0
                            && isSame(
                                    endpoint,
                                    endpoints.get(i - 1).address(),
                                    endpoints.get(i - 1).port())
                    || !before.isEmpty()
                            && !isSame(
                                    endpoint,
                                    before.get(i).target().address(),
                                    before.get(i).target().port())) {
                return false;
            }
        }
        return true;
    }

    private static boolean isSame(Endpoint endpoint, IpAddress address, int port) {
        return endpoint.port() == port && endpoint.address().equals(address);
    }

    /** The slots where they {@linkplain #isSettled are settled}. */
    static List<Slot> settled(List<Slot> before, List<Endpoint> endpoints) {
        if (!before.isEmpty()) {
            return before;
        }
        List<Slot> slots = new ArrayList<>(endpoints.size());
        endpoints.forEach(endpoint -> slots.add(new Slot(endpoint.socketAddress(), 0)));
        return slots;
    }

    /**
     * Slots in any order.
     *
     * @param before the slots up to now, empty for a new pool
     * @param shares how many slots each endpoint has
     */
    static List<Slot> assign(List<Slot> before, boolean sticky, Map<SocketAddress, Integer> shares) {
        Map<SocketAddress, Integer> left = new LinkedHashMap<>(shares);
        Members members = new Members(sticky);
        List<Slot> slots = new ArrayList<>(shares.size());
        Deque<Integer> holes = new ArrayDeque<>();
        for (Slot slot : before) {
            int missing = left.getOrDefault(slot.target(), 0);
            if (missing > 0 && members.keep(slot)) {
                left.put(slot.target(), missing - 1);
            } else {
                holes.add(slots.size());
            }
            slots.add(slot);
        }
        for (Map.Entry<SocketAddress, Integer> missing : left.entrySet()) {
            int member = missing.getValue() == 0 ? 0 : members.of(missing.getKey());
            for (int i = missing.getValue(); i > 0 && member <= PacketNumber.LAST_MEMBER; i--) {
                put(slots, holes, new Slot(missing.getKey(), member));
            }
        }
        close(slots, holes);
        return slots;
    }

    /**
     * Slots in the order of {@code targets}.
     *
     * @param before the slots up to now, empty for a new pool
     */
    static List<Slot> arrange(List<Slot> before, boolean sticky, Collection<SocketAddress> targets) {
        Set<SocketAddress> wanted = new HashSet<>(targets);
        Members members = new Members(sticky);
        before.stream().filter(slot -> wanted.contains(slot.target())).forEach(members::keep);
        return targets.stream()
                .map(target -> new Slot(target, members.of(target)))
                .filter(slot -> slot.member() <= PacketNumber.LAST_MEMBER)
                .toList();
    }

    private static void put(List<Slot> slots, Deque<Integer> holes, Slot slot) {
        if (holes.isEmpty()) {
            slots.add(slot);
        } else {
            slots.set(holes.removeFirst(), slot);
        }
    }

    /** Fills what is still empty from the end. */
    private static void close(List<Slot> slots, Deque<Integer> holes) {
        while (!holes.isEmpty()) {
            Slot last = slots.removeLast();
            if (holes.getLast() == slots.size()) {
                holes.removeLast();
            } else {
                slots.set(holes.removeFirst(), last);
            }
        }
    }

    /** The numbers of endpoints, all 0 where clients keep nothing. */
    private static final class Members {
        private final boolean sticky;
        private final Map<SocketAddress, Integer> numbers = new HashMap<>();
        private final BitSet taken = new BitSet();

        Members(boolean sticky) {
            this.sticky = sticky;
        }

        /** Whether {@code slot} can stay as it is. */
        boolean keep(Slot slot) {
            if (!sticky) {
                return true;
            }
            if (!numbers.containsKey(slot.target()) && !taken.get(slot.member())) {
                take(slot.target(), slot.member());
            }
            return numbers.getOrDefault(slot.target(), -1) == slot.member();
        }

        int of(SocketAddress target) {
            if (!sticky) {
                return 0;
            }
            Integer known = numbers.get(target);
            return known == null ? take(target, taken.nextClearBit(0)) : known;
        }

        private int take(SocketAddress target, int number) {
            numbers.put(target, number);
            taken.set(number);
            return number;
        }
    }
}
