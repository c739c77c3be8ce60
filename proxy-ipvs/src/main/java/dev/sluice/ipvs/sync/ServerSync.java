package dev.sluice.ipvs.sync;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.ipvs.IpvsBackend;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.explain.PacketWalk;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.ipvs.kernel.RuleWriter;
import dev.sluice.ipvs.kernel.SchedulerProbe;
import dev.sluice.ipvs.kernel.StateReader;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.Planner;
import dev.sluice.ipvs.plan.PortPlan;
import dev.sluice.ipvs.plan.PortRenderer;
import dev.sluice.ipvs.plan.Refusals;
import dev.sluice.ipvs.plan.Schedulers;
import dev.sluice.ipvs.plan.SyncScope;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Brings virtual servers, set elements, addresses and rules of one family to what the Services want, and knows what of it is in
 * force. Used on the sync thread alone, but for {@link #forEachServer}.
 */
public final class ServerSync {
    private static final ObjectKind VIRTUAL_SERVERS = ObjectKind.of("ipvs.virtual_servers");
    private static final ObjectKind REAL_SERVERS = ObjectKind.of("ipvs.real_servers");

    private final IpvsConfig config;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final Links links;
    private final DummyDevice dummy;
    private final StateReader reader;
    private final RuleWriter ruleWriter;
    private final DrainSweep drains;
    private final DriftCheck driftCheck;
    private final SchedulerProbe probe;
    private final Planner planner;
    private final Refusals problems = new Refusals();

    private boolean rulesInForce;
    private DesiredObjects desired = new DesiredObjects();
    private volatile DesiredObjects served = desired;
    private NodeView node = new NodeView(Set.of(), List.of(), Optional.empty());
    private SyncScope unfinished = new SyncScope();
    private Drift drift = new Drift();
    private @Nullable AppliedObjects applied;
    private @Nullable AppliedObjects lastKnown;

    public ServerSync(
            IpvsConfig config,
            Ipvs ipvs,
            IpSets sets,
            Links links,
            DummyDevice dummy,
            StateReader reader,
            RuleWriter ruleWriter,
            SchedulerProbe probe,
            LongSupplier bootNanos) {
        this.config = config;
        this.ipvs = ipvs;
        this.sets = sets;
        this.links = links;
        this.dummy = dummy;
        this.reader = reader;
        this.ruleWriter = ruleWriter;
        this.probe = probe;
        planner = new Planner(
                new Schedulers(config.options().scheduler(), probe),
                new SlowStart<>(bootNanos, Endpoint::socketAddress));
        drains = new DrainSweep(config.family(), ipvs, bootNanos);
        driftCheck = new DriftCheck(config.family(), ipvs, sets, links, dummy, bootNanos);
    }

    private IpFamily family() {
        return config.family();
    }

    /** As {@link IpvsBackend#nextCheck()}. */
    public Optional<Duration> nextLook() {
        return applied == null ? Optional.empty() : soonest(nextOwnStep(), Optional.of(driftCheck.nextLook()));
    }

    /** As {@link IpvsBackend#nextOwnStep()}. */
    public Optional<Duration> nextOwnStep() {
        AppliedObjects known = applied;
        return known == null ? Optional.empty() : soonest(drains.nextLook(known), planner.nextStep());
    }

    private static Optional<Duration> soonest(Optional<Duration> one, Optional<Duration> other) {
        return Stream.of(one, other).flatMap(Optional::stream).min(Duration::compareTo);
    }

    /** What fails leaves nothing known to be in force, so the next sync reads everything. */
    public SyncReport sync(ProxySnapshot snapshot, Changes since) throws KernelException, SyncException {
        AppliedObjects known = applied;
        if (known != null) {
            lastKnown = known;
        }
        applied = null;
        drift = new Drift();
        if (known == null) {
            return full(snapshot, KernelCost.NONE);
        }
        if (since.everything()) {
            // tells what others have changed, before everything is read anew
            drift.add(driftCheck.look(known, node, new SyncScope()));
            return full(snapshot, KernelCost.NONE);
        }
        return partial(snapshot, since, known);
    }

    /** The rules, and what else somebody has changed; no Service is rendered anew. */
    public SyncReport repair(ProxySnapshot applied) throws KernelException, SyncException {
        if (applied == null || !rulesInForce) {
            return sync(applied, Changes.all());
        }
        KernelCost rulesCost = ruleWriter.ensure(desired.shortCircuits());
        driftCheck.beDue();
        SyncReport report = sync(applied, Changes.of(Set.of()));
        return report.plus(rulesCost);
    }

    private SyncReport partial(ProxySnapshot snapshot, Changes since, AppliedObjects known)
            throws KernelException, SyncException {
        SyncScope scope = new SyncScope();
        scope.addAll(unfinished);
        PortRenderer renderer = new PortRenderer(node);
        Set<ServicePortName> names = new HashSet<>(planner.due());
        names.addAll(since.ports());
        for (ServicePortName name : names) {
            PortPlan plan = planner.plan(name, snapshot.port(name), renderer, known);
            desired.put(name, plan == null ? null : plan.without(known.foreign(), name), scope);
        }
        if (driftCheck.nextLook().isZero()) {
            drift.add(driftCheck.look(known, node, scope));
            if (drift.isFullSyncNeeded()) {
                return full(snapshot, KernelCost.NONE);
            }
            if (!drift.isEmpty()) {
                scope.ports().addAll(desired.ports()); // whom a refusal would concern
            }
        }
        problems.forget(scope.ports());
        boolean wasDraining = !known.draining().isEmpty();
        KernelCost looked = drains.look(known, desired);
        KernelUpdate run = new KernelUpdate(desired, known, problems, scope);
        StateWriter applier = applier(run);
        try {
            applier.addMembers();
            applier.serveAndRetire();
        } catch (NetlinkException e) {
            if (!e.notFound()) {
                throw e;
            }
            return full(snapshot, looked.plus(run.cost()));
        }
        if (run.surprised()) {
            return full(snapshot, looked.plus(run.cost()));
        }
        return finish(known, run, false, wasDraining, looked.plus(run.cost()));
    }

    private SyncReport full(ProxySnapshot snapshot, KernelCost before) throws KernelException, SyncException {
        dummy.ensure();
        Set<String> existing = sets.names();
        KernelCost cost = before.plus(createSets(existing));
        List<LinkAddress> addresses = links.addresses();
        node = NodeView.of(config, snapshot.node(), addresses);
        desired = new DesiredObjects();
        problems.clear();
        SyncScope scope = new SyncScope();
        probe.forgetRefusals();
        PortRenderer renderer = new PortRenderer(node);
        for (ResolvedPort port : snapshot.ports()) {
            desired.put(port.name(), planner.plan(port.name(), port, renderer, null), scope);
        }
        planner.keepOnly(desired.ports());
        AppliedObjects state = reader.read(existing, dummy.bound(addresses), node.elsewhere(), desired, lastKnown);
        for (ServicePortName name : planner.startingSlowly()) {
            desired.put(name, planner.plan(name, snapshot.port(name), renderer, state), scope);
        }
        desired.giveUp(state.foreign(), scope);
        scope.addApplied(state);
        state.addresses().removeAll(wantedAmong(dummy.selectable(addresses)));
        driftCheck.pause();
        dummy.found(state.addresses());
        boolean wasDraining = !state.draining().isEmpty();
        KernelUpdate run = new KernelUpdate(desired, state, problems, scope);
        StateWriter applier = applier(run);
        applier.addMembers();
        KernelException rulesRefused = ensureRules(run);
        applier.serveAndRetire();
        if (rulesRefused != null) {
            throw rulesRefused;
        }
        cost = cost.plus(run.cost()).plus(drains.look(state, desired));
        return finish(state, run, true, wasDraining, cost);
    }

    /** Addresses to bind anew although they are there; those that nobody wants are found as they are. */
    private Set<IpAddress> wantedAmong(Set<IpAddress> selectable) {
        return selectable.stream().filter(desired::wants).collect(Collectors.toSet());
    }

    /**
     * Rules that are refused stop the first sync, because without them source ranges would stand open. Later on the old
     * ones are still in force, and Services go on without waiting for iptables to recover.
     */
    private @Nullable KernelException ensureRules(KernelUpdate run) throws KernelException {
        try {
            run.charge(ruleWriter.ensure(run.desired().shortCircuits()));
            rulesInForce = true;
            return null;
        } catch (KernelException e) {
            if (!rulesInForce) {
                throw e;
            }
            return e;
        }
    }

    private KernelCost createSets(Set<String> existing) throws NetlinkException {
        long created = 0;
        for (KubeSet set : KubeSet.values()) {
            if (!existing.contains(set.nameIn(family()))) {
                sets.create(set.in(family()));
                created++;
            }
        }
        return new KernelCost(created, 0);
    }

    private StateWriter applier(KernelUpdate run) {
        return new StateWriter(
                new MemberWriter(family(), sets, run),
                new ServerWriter(ipvs, run, drains.nowSeconds()),
                new AddressWriter(dummy, run),
                ruleWriter,
                run);
    }

    private SyncReport finish(
            AppliedObjects state, KernelUpdate run, boolean full, boolean wasDraining, KernelCost cost) {
        if (!wasDraining && !state.draining().isEmpty()) {
            drains.pause();
        }
        unfinished = run.unfinished();
        applied = state;
        served = desired;
        List<Problem> all = new ArrayList<>(problems.list());
        all.addAll(desired.problems());
        all.addAll(planner.problems());
        return new SyncReport(
                full,
                cost,
                all,
                Map.of(VIRTUAL_SERVERS, (long) state.serverKeys().size(), REAL_SERVERS, state.realServers()),
                Map.of(),
                drift.found());
    }

    /** The way of {@code packet} through what is wanted. */
    public PacketWalk walk(IpvsRules rules, Packet packet) {
        return new PacketWalk(rules, desired, applied, node, packet);
    }

    /** Gives every virtual server of the last successful sync to {@code each}, with the port that has it. On any thread. */
    public void forEachServer(BiConsumer<VirtualServerKey, ServicePortName> each) {
        served.forEachServer(each);
    }

    /** Nothing is known to be in force any more. */
    public void forget() {
        applied = null;
        rulesInForce = false;
    }
}
