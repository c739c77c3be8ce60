// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.kernel.IpvsKernel;
import dev.sluice.ipvs.kernel.KernelUpdate;
import dev.sluice.ipvs.kernel.StateWriter;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.PlanContext;
import dev.sluice.ipvs.plan.Planner;
import dev.sluice.ipvs.plan.PortPlan;
import dev.sluice.ipvs.plan.SyncScope;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.route.Links.LinkAddress;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One sync: plans the service ports, compares the plans with what is applied, and applies the difference to the kernel.
 * A partial pass plans what has changed and reads nothing; a full one reads the kernel and plans everything. A partial
 * pass that finds the kernel in an unexpected state continues as a full one.
 */
final class SyncPass {
    private static final ObjectKind VIRTUAL_SERVERS = ObjectKind.of("ipvs.virtual_servers");
    private static final ObjectKind REAL_SERVERS = ObjectKind.of("ipvs.real_servers");

    private final IpvsConfig config;
    private final IpvsKernel kernel;
    private final Planner planner;
    private final DrainSweep drains;
    private final DriftCheck driftCheck;
    private final SyncState state;
    private final ProxySnapshot snapshot;
    private final Drift drift = new Drift();
    private KernelCost cost = KernelCost.NONE;

    SyncPass(SyncParts parts, SyncState state, ProxySnapshot snapshot) {
        config = parts.config();
        kernel = parts.kernel();
        planner = parts.planner();
        drains = parts.drains();
        driftCheck = parts.driftCheck();
        this.state = state;
        this.snapshot = snapshot;
    }

    SyncReport run(Changes since) throws KernelException {
        AppliedObjects known = state.beginSync();
        if (known == null) {
            return full();
        }
        if (since.everything()) {
            // reports what others have changed, before everything is read anew
            drift.add(driftCheck.check(known, state.node(), new SyncScope()));
            return full();
        }
        return partial(since, known);
    }

    private SyncReport partial(Changes since, AppliedObjects applied) throws KernelException {
        SyncScope scope = new SyncScope();
        scope.addAll(state.unfinished());
        planChanged(since, applied, scope);
        if (driftCheck.nextCheck().isZero()) {
            drift.add(driftCheck.check(applied, state.node(), scope));
            if (drift.isFullSyncNeeded()) {
                return full();
            }
            if (!drift.isEmpty()) {
                scope.ports().addAll(state.desired().ports()); // any of them may meet a refusal
            }
        }
        state.refusals().forget(scope.ports());
        boolean drained = applied.isDraining();
        charge(drains.sweep(applied, state.desired()));
        KernelUpdate update = new KernelUpdate(state.desired(), applied, state.refusals(), scope);
        boolean expected = write(update);
        charge(update.cost());
        return expected ? finish(applied, update, false, drained) : full();
    }

    private void planChanged(Changes since, AppliedObjects applied, SyncScope scope) throws NetlinkException {
        Set<ServicePortName> names = new HashSet<>(planner.due());
        names.addAll(since.ports());
        List<ResolvedPort> ports =
                names.stream().map(snapshot::port).filter(Objects::nonNull).toList();
        PlanContext context = new PlanContext(state.node(), refusedSchedulers(ports), applied);
        for (ServicePortName name : names) {
            PortPlan plan = planner.plan(name, snapshot.port(name), context);
            state.desired().put(name, plan == null ? null : plan.without(applied.foreign(), name), scope);
        }
    }

    private Map<String, String> refusedSchedulers(Collection<ResolvedPort> ports) throws NetlinkException {
        return kernel.probe().refusals(planner.requestedSchedulers(ports));
    }

    /** @return whether the kernel held what we knew */
    private boolean write(KernelUpdate update) throws KernelException {
        StateWriter writer = writer(update);
        try {
            writer.addMembers();
            writer.serveAndRemoveStale();
        } catch (NetlinkException e) {
            if (e.notFound()) {
                return false;
            }
            throw e;
        }
        return !update.foundUnexpected();
    }

    private SyncReport full() throws KernelException {
        kernel.dummy().ensure();
        Set<String> existingSets = kernel.sets().names();
        createSets(existingSets);
        List<LinkAddress> addresses = kernel.links().addresses();
        state.planAnew(nodeView(addresses));
        SyncScope scope = new SyncScope();
        AppliedObjects applied = planAll(existingSets, addresses, scope);
        scope.addAll(applied);
        applied.addresses().removeAll(toBindAnew(addresses));
        driftCheck.pause();
        kernel.dummy().found(applied.addresses());
        boolean drained = applied.isDraining();
        KernelUpdate update = new KernelUpdate(state.desired(), applied, state.refusals(), scope);
        StateWriter writer = writer(update);
        writer.addMembers();
        if (!state.rulesApplied() && kernel.rules().isTranslatedByOthers()) {
            // what another mode translates never meets IPVS: its rules serve until IPVS can
            writer.ensureFilters();
            writer.serveAndRemoveStale();
        }
        KernelException rulesRefused = ensureRules(writer);
        writer.serveAndRemoveStale();
        if (rulesRefused != null) {
            throw rulesRefused;
        }
        charge(update.cost());
        charge(drains.sweep(applied, state.desired()));
        return finish(applied, update, true, drained);
    }

    /** Until all other nodes are known, an external address that is not bound yet may be one of theirs. */
    private NodeView nodeView(List<LinkAddress> addresses) {
        NodeView view = NodeView.of(config, snapshot.node(), kernel.dummy().elsewhere(addresses));
        return snapshot.knowsPeers() ? view : view.bindingOnly(kernel.dummy().bound(addresses));
    }

    /**
     * Plans all ports and reads the kernel, where the desired objects distinguish ours from foreign virtual servers.
     */
    private AppliedObjects planAll(Set<String> existingSets, List<LinkAddress> addresses, SyncScope scope)
            throws NetlinkException {
        kernel.probe().forgetRefusals();
        PlanContext unread = new PlanContext(state.node(), refusedSchedulers(snapshot.ports()), null);
        for (ResolvedPort port : snapshot.ports()) {
            state.desired().put(port.name(), planner.plan(port.name(), port, unread), scope);
        }
        planner.keepOnly(state.desired().ports());
        AppliedObjects applied = kernel.reader().read(existingSets, addresses, state.desired(), state.lastApplied());
        for (ServicePortName name : planner.startingSlowly()) {
            state.desired().put(name, planner.plan(name, snapshot.port(name), unread.with(applied)), scope);
        }
        state.desired().giveUp(applied.foreign(), scope);
        return applied;
    }

    private void createSets(Set<String> existing) throws NetlinkException {
        for (KubeSet set : KubeSet.values()) {
            if (!existing.contains(set.nameIn(kernel.family()))) {
                kernel.sets().create(set.in(kernel.family()));
                charge(new KernelCost(1, 0));
            }
        }
    }

    /**
     * The desired addresses that are bound such that the kernel may choose them as a source; stale ones may stay so.
     */
    private Set<IpAddress> toBindAnew(List<LinkAddress> addresses) {
        Set<IpAddress> selectable = new HashSet<>(kernel.dummy().selectable(addresses));
        selectable.removeIf(address -> !state.desired().has(address));
        return selectable;
    }

    /**
     * Rules that are refused stop the first sync, because without them source ranges would not be enforced. Later on
     * the old ones are still applied, and Services do not wait for iptables to recover.
     */
    private @Nullable KernelException ensureRules(StateWriter writer) throws KernelException {
        try {
            writer.ensureRules();
            state.rulesAreApplied();
            return null;
        } catch (KernelException e) {
            if (!state.rulesApplied()) {
                throw e;
            }
            return e;
        }
    }

    private StateWriter writer(KernelUpdate update) {
        return new StateWriter(kernel, update, drains.nowSeconds());
    }

    private void charge(KernelCost more) {
        cost = cost.plus(more);
    }

    private SyncReport finish(AppliedObjects applied, KernelUpdate update, boolean full, boolean drained) {
        if (!drained && applied.isDraining()) {
            drains.pause();
        }
        state.finish(applied, update.unfinished());
        List<Problem> problems = new ArrayList<>(state.refusals().problems());
        problems.addAll(state.desired().problems());
        problems.addAll(planner.problems());
        Map<ObjectKind, Long> counts =
                Map.of(VIRTUAL_SERVERS, (long) applied.serverKeys().size(), REAL_SERVERS, applied.realServers());
        return new SyncReport(full, cost, problems, counts, Map.of(), drift.found());
    }
}
