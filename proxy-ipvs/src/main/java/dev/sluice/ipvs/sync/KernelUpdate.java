package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.Owners;
import dev.sluice.ipvs.plan.Refusals;
import dev.sluice.ipvs.plan.SyncScope;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One difference between what is wanted and what is in force, on its way into the kernel: what it must look at, what it
 * cost, and what the kernel refused, charged to its service port and kept for the next sync.
 */
public final class KernelUpdate {
    private final DesiredObjects desired;
    private final AppliedObjects applied;
    private final Refusals problems;
    private final SyncScope scope;
    private final SyncScope unfinished = new SyncScope();
    private KernelCost cost = KernelCost.NONE;
    private boolean surprised;
    private @Nullable Owners owners;

    KernelUpdate(DesiredObjects desired, AppliedObjects applied, Refusals problems, SyncScope scope) {
        this.desired = desired;
        this.applied = applied;
        this.problems = problems;
        this.scope = scope;
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

    KernelCost cost() {
        return cost;
    }

    void charge(KernelCost more) {
        cost = cost.plus(more);
    }

    void charge(long messages, long bytes) {
        charge(new KernelCost(messages, bytes));
    }

    /** Whether the kernel's state was not what we held it to be, so that it must be read anew. */
    boolean surprised() {
        return surprised;
    }

    void surprisedIf(boolean unexpected) {
        surprised |= unexpected;
    }

    /** What the next sync must look at again. */
    SyncScope unfinished() {
        return unfinished;
    }

    List<ServicePortName> wanting(SetMember member) {
        return owners().members().getOrDefault(member, List.of());
    }

    List<ServicePortName> wanting(IpAddress address) {
        return owners().addresses().getOrDefault(address, List.of());
    }

    private Owners owners() {
        if (owners == null) {
            owners = Owners.of(scope.ports(), desired);
        }
        return owners;
    }

    /** Whether something that the port needs was refused, so that no more of it may go live. */
    boolean blocked(@Nullable ServicePortName name) {
        return name != null && problems.has(name);
    }

    boolean anyBlocked() {
        return !problems.isEmpty();
    }

    void refused(ServicePortName name, String what, NetlinkException error) {
        unfinished.ports().add(name);
        problems.refused(name, what, error);
    }

    void leftOver(KernelObject object, NetlinkException error) {
        problems.leftOver(object, error);
    }
}
