// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.explain.PacketWalk;
import dev.sluice.ipvs.kernel.IpvsKernel;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.Planner;
import dev.sluice.ipvs.plan.Schedulers;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Stream;

/**
 * Makes the virtual servers, set elements, addresses and rules of one family as desired, one {@link SyncPass} after the
 * other. Used on the sync thread alone, but for {@link #forEachServer}.
 */
public final class Reconciler {
    private final IpvsKernel kernel;
    private final Planner planner;
    private final DrainSweep drains;
    private final DriftCheck driftCheck;
    private final SyncParts parts;
    private final SyncState state = new SyncState();

    /** @param bootNanos the time since boot, which continues for a successor of this process */
    public Reconciler(IpvsConfig config, IpvsKernel kernel, LongSupplier bootNanos) {
        this.kernel = kernel;
        planner = new Planner(new Schedulers(config.options().scheduler()), bootNanos);
        drains = new DrainSweep(kernel, bootNanos);
        driftCheck = new DriftCheck(kernel, bootNanos);
        parts = new SyncParts(config, kernel, planner, drains, driftCheck);
    }

    /** How long until something is due: a sweep of drains, a step of slow start, or a comparison with the kernel. */
    public Optional<Duration> nextCheck() {
        return state.applied() == null ? Optional.empty() : soonest(nextOwnStep(), Optional.of(driftCheck.nextCheck()));
    }

    /** The same without the comparison, which recurs for ever: empty when nothing drains and nothing starts slowly. */
    public Optional<Duration> nextOwnStep() {
        AppliedObjects applied = state.applied();
        return applied == null ? Optional.empty() : soonest(drains.nextSweep(applied), planner.nextStep());
    }

    private static Optional<Duration> soonest(Optional<Duration> one, Optional<Duration> other) {
        return Stream.of(one, other).flatMap(Optional::stream).min(Duration::compareTo);
    }

    /** A sync that fails leaves nothing known to be applied, so that the next one reads everything. */
    public SyncReport sync(ProxySnapshot snapshot, Changes since) throws KernelException {
        return new SyncPass(parts, state, snapshot).run(since);
    }

    /** Repairs the rules, and whatever else others have changed; plans no Service anew. */
    public SyncReport repair(ProxySnapshot snapshot) throws KernelException {
        if (state.applied() == null || !state.rulesApplied()) {
            return sync(snapshot, Changes.all());
        }
        KernelCost rulesCost = kernel.rules().ensure(state.desired().serviceRules());
        driftCheck.beDue();
        return sync(snapshot, Changes.of(Set.of())).plus(rulesCost);
    }

    /** Where the desired state sends {@code packet}. */
    public Trace explain(IpvsRules rules, Packet packet) {
        return new PacketWalk(rules, state.desired(), state.applied(), state.node(), packet).trace();
    }

    /** Gives each virtual server of the last successful sync to {@code each}, with its service port. On any thread. */
    public void forEachServer(BiConsumer<VirtualServerKey, ServicePortName> each) {
        state.served().forEachServer(each);
    }

    /** Nothing is known to be applied any more. */
    public void forget() {
        state.forget();
    }
}
