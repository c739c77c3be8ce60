// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * The slots of a Service whose connections choose by a hash: the table of Maglev (Eisenbud et al., NSDI 2016). Each
 * endpoint prefers slots in an order of its own, and takes the first free one at its turn. It follows from the
 * endpoints alone, so that it is the same on all nodes and after a restart, and an endpoint more or less moves few
 * slots of the others.
 */
final class HashTable {
    /** Primes, so that an order of any step reaches all slots. With each come 8 slots or so for each endpoint. */
    private static final int[] SIZES = {251, 2039, 16_381};

    private static final int AT_LEAST_FOR_EACH = 7;

    private final int size;
    private final Map<SocketAddress, Order> orders = new HashMap<>();

    private HashTable(int size) {
        this.size = size;
    }

    /** The slots that an endpoint prefers, one after the other. */
    private static final class Order {
        final int step;
        int next;

        Order(int first, int step) {
            this.next = first;
            this.step = step;
        }
    }

    /**
     * The target of each slot.
     *
     * @param weight of each endpoint, at least 1
     */
    static List<SocketAddress> of(List<Endpoint> endpoints, ToIntFunction<Endpoint> weight) {
        return endpoints.isEmpty() ? List.of() : new HashTable(size(endpoints.size())).fill(endpoints, weight);
    }

    private static int size(int endpoints) {
        for (int size : SIZES) {
            if (size >= AT_LEAST_FOR_EACH * endpoints) {
                return size;
            }
        }
        return SIZES[SIZES.length - 1];
    }

    private List<SocketAddress> fill(List<Endpoint> endpoints, ToIntFunction<Endpoint> weight) {
        SlotTurns turns = new SlotTurns(endpoints, weight);
        List<@Nullable SocketAddress> slots = new ArrayList<>(size);
        for (int i = 0; i < size; i++) {
            slots.add(null);
        }
        for (int i = 0; i < size; i++) {
            SocketAddress target = turns.next();
            Order order = orders.computeIfAbsent(target, this::order);
            while (slots.get(order.next) != null) {
                order.next = (order.next + order.step) % size;
            }
            slots.set(order.next, target);
        }
        return slots.stream().map(Objects::requireNonNull).toList();
    }

    private Order order(SocketAddress target) {
        long hash = target.port();
        for (byte part : target.address().bytes()) {
            hash = mixed(hash + part);
        }
        int first = (int) Long.remainderUnsigned(hash, size);
        return new Order(first, 1 + (int) Long.remainderUnsigned(mixed(hash), size - 1));
    }

    /** The finalizer of SplitMix64. */
    private static long mixed(long value) {
        long h = value + 0x9e3779b97f4a7c15L;
        h = (h ^ h >>> 30) * 0xbf58476d1ce4e5b9L;
        h = (h ^ h >>> 27) * 0x94d049bb133111ebL;
        return h ^ h >>> 31;
    }
}
