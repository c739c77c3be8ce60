// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.EndpointSet;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.nftables.PackedElements;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Value;
import dev.sluice.linux.nftables.Verdict;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.layout.PacketNumber;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.plan.Pool;
import dev.sluice.nftables.plan.PoolLabel;
import dev.sluice.nftables.plan.PoolNumbers;
import dev.sluice.nftables.plan.PoolPair;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The pools that the kernel's table has, by the names in their comments, and the numbers that are taken by them. */
final class KnownPools {
    private static final byte[] NO_COMMENT = {};

    private final IpFamily family;
    private final KernelTable table;
    private final Map<String, Integer> ids = new HashMap<>();
    /** By the number of the pool, the element of each slot. */
    private final Map<Integer, Map<Integer, SetElement>> sticky = new HashMap<>();

    private final Map<Words, SetElement> targets;

    /** The pools whose slots are as they are planned; these slots are marked as met. */
    private final BitSet right = new BitSet();

    // used for each port
    private final Found cluster = new Found();
    private final Found local = new Found();
    private final Words.Builder key = new Words.Builder();
    private final Words.Builder value = new Words.Builder();

    /** Reads {@code table} until the last pool was asked for. */
    KnownPools(KernelTable table, IpFamily family) {
        this.family = family;
        this.table = table;
        this.targets = table.byKey(ServiceSet.STICKY_TARGETS);
        table.of(ServiceSet.POOLS).forEach(pool -> {
            int number = pool.key().numberAt(0);
            if (!pool.comment().isEmpty() && number == PacketNumber.ofPool(PacketNumber.pool(number))) {
                ids.putIfAbsent(pool.comment(), PacketNumber.pool(number));
            }
        });
        table.of(ServiceSet.STICKY_SLOTS)
                .forEach(slot -> sticky.computeIfAbsent(
                                PacketNumber.pool(slot.key().numberAt(0)), _ -> new TreeMap<>())
                        .put(slot.key().numberAt(Integer.BYTES), slot));
    }

    private @Nullable SocketAddress target(@Nullable Value value) {
        int bytes = family.bits() / Byte.SIZE;
        return value instanceof Words words ? new SocketAddress(words.addressAt(0, bytes), words.portAt(bytes)) : null;
    }

    /** Takes the numbers of all pools and kinds. */
    void take(PoolNumbers numbers) {
        numbers().stream().forEach(numbers::takePool);
        table.of(ServiceSet.KINDS).forEach(kind -> {
            if (kind.value() instanceof Verdict verdict) {
                Kind.ofChain(verdict.chain())
                        .ifPresent(known -> numbers.takeKind(known, kind.key().numberAt(0)));
            }
        });
    }

    /** The pools that {@code port} has had, as far as it may need them now. */
    PoolPair of(ResolvedPort port) {
        boolean mayUseCluster = port.service().usesClusterEndpoints() && !ids.isEmpty();
        boolean mayUseLocal = port.service().usesLocalEndpoints() && !ids.isEmpty();
        EndpointSet endpoints = port.endpoints();
        return new PoolPair(
                mayUseCluster ? pool(port.name(), PoolPair.Use.CLUSTER, endpoints.cluster(), cluster) : null,
                mayUseLocal ? pool(port.name(), PoolPair.Use.LOCAL, endpoints.local(), local) : null);
    }

    private @Nullable Pool pool(ServicePortName name, PoolPair.Use use, List<Endpoint> endpoints, Found found) {
        Integer id = ids.get(PoolLabel.of(name, use));
        if (id == null) {
            return null;
        }
        Map<Integer, SetElement> kept = sticky.get(id);
        return kept == null ? new Pool(id, false, slots(id, endpoints, found)) : new Pool(id, true, stickySlots(kept));
    }

    /** @param likely what the slots lead to, if nothing has changed */
    private List<Pool.Slot> slots(int id, List<Endpoint> likely, Found found) {
        PackedElements elements = table.of(ServiceSet.slots(PacketNumber.slotMap(id)));
        int base = PacketNumber.ofPool(id);
        List<Pool.Slot> slots = new ArrayList<>(likely.size());
        found.begin(elements, likely.size());
        int at = elements.find(key.clear().number(base).number(0));
        while (at != PackedElements.NONE) {
            Endpoint endpoint = slots.size() < likely.size() ? likely.get(slots.size()) : null;
            boolean leadsThere = endpoint != null
                    && elements.is(at, value.clear().address(endpoint.address()).port(endpoint.port()), NO_COMMENT);
            SocketAddress target = endpoint != null && leadsThere
                    ? endpoint.socketAddress()
                    : target(elements.element(at).value());
            if (target == null) {
                break;
            }
            found.add(at, leadsThere);
            slots.add(new Pool.Slot(target, 0));
            at = elements.find(key.clear().number(base).number(slots.size()));
        }
        return slots;
    }

    /** Takes note of what became of the pools of the port that was last asked for. */
    void planned(PoolPair before, PoolPair after) {
        planned(before.cluster(), after.cluster(), cluster);
        planned(before.local(), after.local(), local);
    }

    private void planned(@Nullable Pool before, @Nullable Pool after, Found found) {
        if (before != null
                && !before.sticky()
                && after != null
                && before.slots().equals(after.slots())
                && found.areRight()) {
            found.meet();
            right.set(after.id());
        }
    }

    /** Whether the slots of {@code pool} are as planned, and were met. */
    boolean hasSlots(Pool pool) {
        return right.get(pool.id());
    }

    /** The slots of a pool, where the kernel has them. */
    private static final class Found {
        private PackedElements elements = PackedElements.of(List.of());
        private int[] places = {};
        private int size;
        private boolean right;

        void begin(PackedElements in, int most) {
            elements = in;
            size = 0;
            right = true;
            if (most > places.length) {
                places = new int[most];
            }
        }

        void add(int place, boolean leadsThere) {
            right &= leadsThere;
            if (right) {
                places[size++] = place;
            }
        }

        /** Whether each leads where it is likely to; more than those are none of them. */
        boolean areRight() {
            return right;
        }

        void meet() {
            for (int i = 0; i < size; i++) {
                elements.meet(places[i]);
            }
        }
    }

    private List<Pool.Slot> stickySlots(Map<Integer, SetElement> kept) {
        List<Pool.Slot> slots = new ArrayList<>();
        Pool.@Nullable Slot next;
        do {
            SetElement element = kept.get(slots.size());
            next = element == null ? null : stickySlot(element);
            if (next != null) {
                slots.add(next);
            }
        } while (next != null);
        return slots;
    }

    private Pool.@Nullable Slot stickySlot(SetElement element) {
        if (!(element.value() instanceof Words member) || targets.get(member) == null) {
            return null;
        }
        SocketAddress target = target(targets.get(member).value());
        return target == null ? null : new Pool.Slot(target, PacketNumber.member(member.numberAt(0)));
    }

    /** The numbers of pools. */
    BitSet numbers() {
        BitSet numbers = new BitSet();
        ids.values().forEach(numbers::set);
        return numbers;
    }
}
