// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.PortPlan;
import dev.sluice.ipvs.plan.SyncScope;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The difference between desired and applied objects on its way into the kernel: its scope, its cost, and what the
 * kernel refused, charged to a service port and left to the next sync.
 */
public final class KernelUpdate {
    private final DesiredObjects desired;
    private final AppliedObjects applied;
    private final Refusals refusals;
    private final SyncScope scope;
    private final SyncScope unfinished = new SyncScope();
    private KernelCost cost = KernelCost.NONE;
    private boolean unexpected;
    private @Nullable PortIndex ports;

    public KernelUpdate(DesiredObjects desired, AppliedObjects applied, Refusals refusals, SyncScope scope) {
        this.desired = desired;
        this.applied = applied;
        this.refusals = refusals;
        this.scope = scope;
    }

    /** The service ports of the scope by what they need; made only when the kernel refuses something. */
    private record PortIndex(
            Map<SetMember, List<ServicePortName>> byMember, Map<IpAddress, List<ServicePortName>> byAddress) {

        static PortIndex of(SyncScope scope, DesiredObjects desired) {
            PortIndex index = new PortIndex(new HashMap<>(), new HashMap<>());
            for (ServicePortName name : scope.ports()) {
                PortPlan plan = desired.plan(name);
                if (plan != null) {
                    plan.members().forEach(member -> add(index.byMember, member, name));
                    plan.addresses().forEach(address -> add(index.byAddress, address, name));
                }
            }
            return index;
        }

        private static <K> void add(Map<K, List<ServicePortName>> index, K key, ServicePortName name) {
            index.computeIfAbsent(key, k -> new ArrayList<>()).add(name);
        }
    }

    DesiredObjects desired() {
        return desired;
    }

    AppliedObjects applied() {
        return applied;
    }

    SyncScope scope() {
        return scope;
    }

    /** What the next sync must compare again. */
    public SyncScope unfinished() {
        return unfinished;
    }

    public KernelCost cost() {
        return cost;
    }

    public void charge(KernelCost more) {
        cost = cost.plus(more);
    }

    /** Whether the kernel was found to hold something else than we knew, so that it must be read anew. */
    public boolean foundUnexpected() {
        return unexpected;
    }

    void unexpectedIf(boolean found) {
        unexpected |= found;
    }

    /** The service ports of the scope that need {@code member}. */
    List<ServicePortName> portsOf(SetMember member) {
        return ports().byMember().getOrDefault(member, List.of());
    }

    /** The service ports of the scope that need {@code address}. */
    List<ServicePortName> portsOf(IpAddress address) {
        return ports().byAddress().getOrDefault(address, List.of());
    }

    private PortIndex ports() {
        if (ports == null) {
            ports = PortIndex.of(scope, desired);
        }
        return ports;
    }

    /** Whether something that the port needs was refused, so that no more of it may be made. */
    boolean isBlocked(@Nullable ServicePortName name) {
        return name != null && refusals.has(name);
    }

    boolean hasRefusals() {
        return !refusals.isEmpty();
    }

    void refused(ServicePortName name, String what, NetlinkException error) {
        unfinished.ports().add(name);
        refusals.add(name, what, error);
    }

    void notRemoved(KernelObject object, NetlinkException error) {
        refusals.addStale(object, error);
    }
}
