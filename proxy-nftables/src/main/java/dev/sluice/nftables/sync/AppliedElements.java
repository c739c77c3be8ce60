// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.sync;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.linux.nftables.SetElement;
import dev.sluice.nftables.explain.AppliedTable;
import dev.sluice.nftables.layout.ServiceSet;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.plan.ElementPlan;
import dev.sluice.nftables.plan.Placed.Place;
import dev.sluice.nftables.plan.Pool;
import dev.sluice.nftables.plan.PoolNumbers;
import dev.sluice.nftables.plan.ServedNode;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** What is known to be in the kernel's table. */
public final class AppliedElements {
    private static final ObjectKind PORTS = ObjectKind.of("nftables.service_ports");
    private static final ObjectKind ENDPOINTS = ObjectKind.of("nftables.slots");
    private static final ObjectKind ELEMENTS = ObjectKind.of("nftables.elements");

    final Map<ServicePortName, ElementPlan> ports = new HashMap<>();
    /** How many service ports have an element that several may have. */
    final Map<Place, Integer> shared = new HashMap<>();
    /** Ports that the kernel refused, which are left out until they change or everything is compared. */
    final Map<ServicePortName, Problem> refused = new TreeMap<>();
    /** Ports for which there is no plan, or not for all that they request. */
    private final Map<ServicePortName, List<Problem>> unplanned = new TreeMap<>();

    final SyncFailures failures = new SyncFailures();
    PoolNumbers numbers = new PoolNumbers();

    @Nullable
    ServedNode node;

    long elements;
    long slots;

    /** The node that the elements were rendered for; empty when it is not known what the kernel has. */
    public Optional<ServedNode> node() {
        return Optional.ofNullable(node);
    }

    /** Forgets what the kernel has, but not what it refused. */
    public void forget() {
        ports.clear();
        shared.clear();
        unplanned.clear();
        numbers = new PoolNumbers();
        node = null;
        elements = 0;
        slots = 0;
    }

    /** What the kernel has refused so far. */
    public SyncFailures failures() {
        return failures;
    }

    /** Forgets everything. */
    public void clear() {
        forget();
        refused.clear();
    }

    /** The whole table; empty when it is not known what the kernel has. */
    public Optional<AppliedTable> table(TableLayout layout) {
        if (node == null) {
            return Optional.empty();
        }
        DesiredElements desired = new DesiredElements(this, EnumSet.allOf(ServiceSet.class));
        Map<ServiceSet, Collection<SetElement>> elements = new EnumMap<>(ServiceSet.class);
        for (ServiceSet set : ServiceSet.values()) {
            elements.put(set, desired.of(set).values());
        }
        return Optional.of(new AppliedTable(layout, numbers.kinds().keySet(), ports.keySet(), elements));
    }

    /** Whether nothing is left out. */
    public boolean isComplete() {
        return refused.isEmpty()
                && unplanned.values().stream().flatMap(List::stream).noneMatch(ElementPlan::leavesOut);
    }

    void put(ElementPlan plan) {
        remove(plan.port().name());
        ports.put(plan.port().name(), plan);
        if (!plan.problems().isEmpty()) {
            unplanned.put(plan.port().name(), plan.problems());
        }
        slots += slots(plan);
    }

    void remove(ServicePortName name) {
        ElementPlan before = ports.remove(name);
        if (before != null) {
            slots -= slots(before);
            unplanned.remove(name);
        }
    }

    /** Whether there is no plan for any of {@code names}. */
    boolean hasUnplanned(Collection<ServicePortName> names) {
        for (ServicePortName name : names) {
            if (unplanned.getOrDefault(name, List.of()).stream().anyMatch(ElementPlan::leavesOut)) {
                return true;
            }
        }
        return false;
    }

    private static long slots(ElementPlan plan) {
        return slots(plan.pools().cluster()) + slots(plan.pools().local());
    }

    private static long slots(@Nullable Pool pool) {
        return pool == null ? 0 : pool.slots().size();
    }

    /** Every service port that is left out, with its reason. */
    public List<Problem> problems() {
        List<Problem> problems = new ArrayList<>(refused.values());
        unplanned.values().forEach(problems::addAll);
        return problems;
    }

    /** How many objects there are. */
    public Map<ObjectKind, Long> counts() {
        return Map.of(PORTS, (long) ports.size(), ENDPOINTS, slots, ELEMENTS, elements);
    }
}
