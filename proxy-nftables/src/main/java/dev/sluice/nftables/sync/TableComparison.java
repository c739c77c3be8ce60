// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.linux.nftables.PackedElements;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.linux.nftables.Words;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.plan.ElementPlan;
import dev.sluice.nftables.plan.ElementSink;
import dev.sluice.nftables.plan.Placed.Place;
import dev.sluice.nftables.plan.Pool;
import dev.sluice.nftables.plan.PortElements;
import dev.sluice.nftables.plan.ServedNode;
import java.nio.charset.StandardCharsets;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Compares the elements of the kernel's table with those that are planned, one after the other as they are rendered: a
 * table of many Services has hundreds of thousands, and nearly all of them are right.
 */
final class TableComparison implements ElementSink {
    private static final byte[] NO_COMMENT = {};

    private final AppliedElements applied;
    private final Predicate<Pool> right;
    private final ElementDelta delta = new ElementDelta();
    /** The elements of the kernel, by set. */
    private final Map<ServiceSet, PackedElements> now = new EnumMap<>(ServiceSet.class);

    /** What is missing of sets in which several service ports may want the same element: the first one has it. */
    private final Set<Place> missing = new HashSet<>();

    /** Of the shared elements of the port that is rendered, those that it may have several times. */
    private final Set<Place> own = new HashSet<>();

    private long elements;

    /**
     * @param now is marked where it is met
     * @param right which pools have all their slots already, and these are marked
     */
    TableComparison(KernelTable now, Predicate<Pool> right, AppliedElements applied) {
        this.applied = applied;
        this.right = right;
        for (ServiceSet set : ServiceSet.values()) {
            this.now.put(set, now.of(set));
        }
    }

    /** What differs from the applied plans of {@code desired} for {@code node}; counts the elements. */
    ElementDelta run(ProxySnapshot desired, ServedNode node) {
        applied.shared.clear();
        desired.ports().forEach(port -> compare(port, node));
        applied.elements = elements;
        DesiredElements.ofNoPort(applied.numbers, node).forEach(placed -> take(placed.set(), placed.element()));
        now.forEach((set, there) -> there.forEachUnmet(stale -> delta.compare(set, stale, null)));
        return delta;
    }

    private void compare(ResolvedPort port, ServedNode node) {
        ElementPlan plan = applied.ports.get(port.name());
        if (plan != null) {
            if (!own.isEmpty()) {
                own.clear();
            }
            PortElements.render(node, applied.numbers, plan, this);
        }
    }

    @Override
    public boolean has(Pool pool) {
        boolean isRight = right.test(pool);
        elements += isRight ? pool.slots().size() : 0;
        return isRight;
    }

    @Override
    public void take(ServiceSet set, Words.Builder key, Words.@Nullable Builder value, String comment) {
        if (set.isShared()) {
            count(new Place(set, key.build()));
        }
        PackedElements there = Objects.requireNonNull(now.get(set));
        int at = there.find(key);
        if (at == PackedElements.NONE) {
            add(set, ElementSink.element(key, value, comment));
        } else if (there.meet(at)) {
            elements++;
            if (!there.is(at, value, comment.isEmpty() ? NO_COMMENT : comment.getBytes(StandardCharsets.UTF_8))) {
                delta.compare(set, there.element(at), ElementSink.element(key, value, comment));
            }
        }
    }

    @Override
    public void take(ServiceSet set, SetElement element) {
        PackedElements there = Objects.requireNonNull(now.get(set));
        int at = there.find(element.key());
        if (at == PackedElements.NONE) {
            add(set, element);
        } else if (there.meet(at)) {
            elements++;
            delta.compare(set, there.element(at), element);
        }
    }

    private void add(ServiceSet set, SetElement element) {
        if (set.isOfOnePool() || missing.add(new Place(set, element.key()))) {
            elements++;
            delta.compare(set, null, element);
        }
    }

    /** Counts that a service port more has a shared element. */
    private void count(Place place) {
        if (place.set() != ServiceSet.HAIRPIN || own.add(place)) {
            applied.shared.merge(place, 1, Integer::sum);
        }
    }
}
