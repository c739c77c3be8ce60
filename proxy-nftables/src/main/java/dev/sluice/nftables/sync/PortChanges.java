// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.nftables.layout.Kind;
import dev.sluice.nftables.plan.ElementPlan;
import dev.sluice.nftables.plan.Placed;
import dev.sluice.nftables.plan.Placed.Place;
import dev.sluice.nftables.plan.PoolPair;
import dev.sluice.nftables.plan.PoolPlanner;
import dev.sluice.nftables.plan.PortElements;
import dev.sluice.nftables.plan.ServedNode;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/** Plans changed service ports, and finds the elements that differ. */
final class PortChanges {
    private final AppliedElements applied;
    private final ServedNode node;
    private final PoolPlanner planner;
    private final Map<Place, SetElement> before = new LinkedHashMap<>();
    private final Map<Place, SetElement> after = new LinkedHashMap<>();
    private final Set<Kind> newKinds = new LinkedHashSet<>();

    PortChanges(AppliedElements applied, ServedNode node) {
        this.applied = applied;
        this.node = node;
        this.planner = new PoolPlanner(applied.numbers);
    }

    /** Kinds that no port has had up to now. */
    Set<Kind> newKinds() {
        return newKinds;
    }

    /** Applies {@code port} to the state, in place of the one of its name. */
    void put(ResolvedPort port) {
        PoolPair pools = takeAway(port.name());
        int known = applied.numbers.kinds().size();
        ElementPlan plan = planner.plan(port, pools);
        if (applied.numbers.kinds().size() > known) {
            applied.numbers.kinds().keySet().stream().skip(known).forEach(newKinds::add);
        }
        applied.put(plan);
        Set<Place> own = new HashSet<>();
        for (Placed placed : PortElements.of(node, applied.numbers, plan)) {
            Place place = placed.place();
            if (own.add(place)) {
                add(place, placed.element());
            }
        }
    }

    private void add(Place place, SetElement element) {
        boolean othersHaveIt = place.set().isShared() && applied.shared.merge(place, 1, Integer::sum) > 1;
        if (othersHaveIt && !after.containsKey(place)) {
            before.putIfAbsent(place, element);
        }
        after.putIfAbsent(place, element);
    }

    /** Removes the port of that name from the state. */
    void remove(ServicePortName name) {
        planner.release(takeAway(name));
    }

    private PoolPair takeAway(ServicePortName name) {
        ElementPlan plan = applied.ports.get(name);
        if (plan == null) {
            return PoolPair.NONE;
        }
        Set<Place> own = new HashSet<>();
        for (Placed placed : PortElements.of(node, applied.numbers, plan)) {
            if (own.add(placed.place())) {
                takeAway(placed);
            }
        }
        applied.remove(name);
        return plan.pools();
    }

    private void takeAway(Placed placed) {
        Place place = placed.place();
        before.putIfAbsent(place, placed.element());
        if (!place.set().isShared()) {
            after.remove(place, placed.element());
            return;
        }
        int left = applied.shared.merge(place, -1, Integer::sum);
        if (left == 0) {
            applied.shared.remove(place);
            after.remove(place);
        } else {
            after.put(place, placed.element());
        }
    }

    /** What differs. */
    ElementDelta delta() {
        ElementDelta delta = new ElementDelta();
        after.forEach((place, element) -> delta.compare(place.set(), before.get(place), element));
        before.forEach((place, element) -> {
            if (!after.containsKey(place)) {
                delta.compare(place.set(), element, null);
            }
        });
        applied.elements += after.size() - before.size();
        return delta;
    }
}
