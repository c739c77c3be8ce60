package dev.sluice.ipvs;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.ServiceKey;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.route.Links.LinkAddress;
import dev.sluice.linux.sysctl.BootClock;
import dev.sluice.linux.sysctl.Sysctl;
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
 * The ipvs mode in one family: a virtual server for each address and port of a Service, a dummy device that makes the
 * addresses local, and a fixed set of iptables rules that ask IP sets what to masquerade, to drop and to refuse.
 *
 * <p>A sync of named changes compares them with what is known to be in force and sends the difference; only a full sync
 * reads the kernel. What the kernel holds against expectation is read anew once within the same sync.
 *
 * <p>The backend has no thread of its own: drained destinations go in the sync that {@link #nextCheck()} asks for. To ask
 * for a full sync when the node's addresses change is up to its owner, since they are read by full syncs only.
 */
public final class IpvsBackend implements ProxyBackend {
    private final BackendConfig config;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final Links links;
    private final DummyDevice dummy;
    private final KernelPreparation preparation;
    private final KernelReader reader;
    private final FixedRules rules;
    private final RuleSync ruleSync;
    private final Drains drains;
    private final DriftCheck driftCheck;
    private final SchedulerProbe probe;
    private final Planner planner;
    private final Problems problems = new Problems();

    private boolean prepared;
    private boolean rulesInForce;
    private DesiredState desired = new DesiredState();
    private volatile DesiredState served = desired;
    private NodeView node = new NodeView(Set.of(), List.of(), Optional.empty());
    private Touched unfinished = new Touched();
    private Drift drift = new Drift();
    private @Nullable InForce inForce;

    /** Holds the handles from now on and closes {@code ipvs}, {@code sets} and {@code links} with itself. */
    public IpvsBackend(BackendConfig config, Ipvs ipvs, IpSets sets, Links links, Iptables iptables, Sysctl sysctl) {
        this(config, ipvs, sets, links, iptables, sysctl, BootClock::nanos);
    }

    IpvsBackend(
            BackendConfig config,
            Ipvs ipvs,
            IpSets sets,
            Links links,
            Iptables iptables,
            Sysctl sysctl,
            LongSupplier bootNanos) {
        this.config = config;
        this.ipvs = ipvs;
        this.sets = sets;
        this.links = links;
        dummy = new DummyDevice(links, config.family());
        probe = new SchedulerProbe(ipvs);
        planner = new Planner(new Schedulers(config.ipvs().scheduler(), probe), new SlowStart(bootNanos));
        preparation = new KernelPreparation(config.family(), config.ipvs(), ipvs, probe, sysctl);
        reader = new KernelReader(config.family(), ipvs, sets, config.ipvs().excludeCidrs());
        rules = new FixedRules(config, iptables.supportsRandomFully());
        ruleSync = new RuleSync(iptables, rules.tables());
        drains = new Drains(config.family(), ipvs, bootNanos);
        driftCheck = new DriftCheck(config.family(), ipvs, sets, links, dummy, bootNanos);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.IPVS;
    }

    @Override
    public IpFamily family() {
        return config.family();
    }

    /**
     * Checks that the kernel has IPVS and the scheduler, and sets the kernel parameters that the mode needs. The first sync
     * does it if it has not been done.
     */
    public void prepare() throws SyncException {
        if (!prepared) {
            preparation.prepare();
            prepared = true;
        }
    }

    /**
     * How long until drained destinations should be looked at, new endpoints are due for a larger share, or the kernel
     * is to be compared with what is known of it.
     */
    @Override
    public Optional<Duration> nextCheck() {
        return inForce == null ? Optional.empty() : soonest(nextOwnStep(), Optional.of(driftCheck.nextLook()));
    }

    /** The same without the comparison, which never ends: empty when nothing drains and nothing rises. */
    Optional<Duration> nextOwnStep() {
        InForce known = inForce;
        return known == null ? Optional.empty() : soonest(drains.nextLook(known), planner.nextStep());
    }

    private static Optional<Duration> soonest(Optional<Duration> one, Optional<Duration> other) {
        return Stream.of(one, other).flatMap(Optional::stream).min(Duration::compareTo);
    }

    @Override
    public SyncReport sync(ProxySnapshot snapshot, Changes since) throws SyncException {
        prepare();
        InForce known = inForce;
        inForce = null;
        drift = new Drift();
        try {
            if (known == null) {
                return full(snapshot, KernelCost.NONE);
            }
            if (since.everything()) {
                // tells what others have changed, before everything is read anew
                drift.add(driftCheck.look(known, node, new Touched()));
                return full(snapshot, KernelCost.NONE);
            }
            return partial(snapshot, since, known);
        } catch (KernelException e) {
            throw new SyncException("ipvs mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    private SyncReport partial(ProxySnapshot snapshot, Changes since, InForce known)
            throws KernelException, SyncException {
        Touched touched = new Touched();
        touched.addAll(unfinished);
        PortRenderer renderer = new PortRenderer(node);
        Set<ServicePortName> names = new HashSet<>(planner.due());
        names.addAll(since.ports());
        for (ServicePortName name : names) {
            desired.put(name, planner.plan(name, snapshot.port(name), renderer, known), touched);
        }
        if (driftCheck.nextLook().isZero()) {
            drift.add(driftCheck.look(known, node, touched));
            if (drift.isFullSyncNeeded()) {
                return full(snapshot, KernelCost.NONE);
            }
            if (!drift.isEmpty()) {
                touched.ports().addAll(desired.ports()); // whom a refusal would concern
            }
        }
        problems.forget(touched.ports());
        boolean wasDraining = !known.draining().isEmpty();
        KernelCost looked = drains.look(known, desired);
        SyncRun run = new SyncRun(desired, known, problems, touched);
        Applier applier = applier(run);
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
        desired = new DesiredState();
        problems.clear();
        Touched touched = new Touched();
        probe.forgetRefusals();
        PortRenderer renderer = new PortRenderer(node);
        for (ResolvedPort port : snapshot.ports()) {
            desired.put(port.name(), planner.plan(port.name(), port, renderer, null), touched);
        }
        planner.keepOnly(desired.ports());
        DesiredState wanted = desired;
        InForce state =
                reader.read(existing, dummy.bound(addresses), node.elsewhere(), key -> wanted.server(key) != null);
        for (ServicePortName name : planner.startingSlowly()) {
            desired.put(name, planner.plan(name, snapshot.port(name), renderer, state), touched);
        }
        touched.addInForce(state);
        state.addresses().removeAll(wantedAmong(dummy.selectable(addresses)));
        driftCheck.pause();
        dummy.found(state.addresses());
        boolean wasDraining = !state.draining().isEmpty();
        SyncRun run = new SyncRun(desired, state, problems, touched);
        Applier applier = applier(run);
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
    private @Nullable KernelException ensureRules(SyncRun run) throws KernelException {
        try {
            run.charge(ruleSync.ensure(run.desired().shortCircuits()));
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

    private Applier applier(SyncRun run) {
        return new Applier(
                new MemberChanges(family(), sets, run),
                new ServerChanges(ipvs, run, drains.nowSeconds()),
                new AddressChanges(dummy, run),
                ruleSync,
                run);
    }

    private SyncReport finish(InForce state, SyncRun run, boolean full, boolean wasDraining, KernelCost cost) {
        if (!wasDraining && !state.draining().isEmpty()) {
            drains.pause();
        }
        unfinished = run.unfinished();
        inForce = state;
        served = desired;
        List<Problem> all = new ArrayList<>(problems.list());
        all.addAll(desired.problems());
        all.addAll(planner.problems());
        return new SyncReport(
                full,
                cost,
                all,
                Map.of(
                        "ipvs.virtual_servers",
                        (long) state.serverKeys().size(),
                        "ipvs.real_servers",
                        state.realServers()),
                Map.of(),
                drift.found());
    }

    /**
     * Compares the rules, and looks for what else somebody has changed. What the watch of rules and links announces is
     * of this node alone, so no Service is rendered anew.
     */
    @Override
    public SyncReport mend(ProxySnapshot applied, Suspects suspects) throws SyncException {
        if (inForce == null || !rulesInForce) {
            return sync(applied, Changes.all());
        }
        try {
            KernelCost rulesCost = ruleSync.ensure(desired.shortCircuits());
            driftCheck.beDue();
            SyncReport report = sync(applied, Changes.of(Set.of()));
            return new SyncReport(
                    report.full(),
                    report.cost().plus(rulesCost),
                    report.problems(),
                    report.inForce(),
                    report.written(),
                    report.mended());
        } catch (KernelException e) {
            throw new SyncException("ipvs mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Whether what the kernel announces about links and addresses is a reason to {@link #mend}: it is about the dummy device,
     * and not of our doing. Asked on any thread.
     */
    public boolean isConcernedBy(LinkChange change) {
        return dummy.isForeign(change);
    }

    @Override
    public boolean keepsRulesIn(String table, String chain) {
        return RuleSync.isKept(table, chain);
    }

    /** Each address has virtual servers of its own for node ports, and is not bound to the dummy device. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return address.family() == family() && address.isReachable();
    }

    @Override
    public Trace explain(Packet packet) {
        return new PacketWalk(rules, desired, inForce, node, packet).trace();
    }

    /** Gives every virtual server of the last successful sync to {@code each}, with the port that has it. Asked on any thread. */
    void forEachServer(BiConsumer<ServiceKey, ServicePortName> each) {
        served.forEachServer(each);
    }

    /** Whether a user chain is of this mode, by its name. */
    public static boolean owns(String table, String chain) {
        return RuleSync.owns(table, chain);
    }

    /**
     * Takes away this family's virtual servers, addresses and sets, but no rule: for a proxy of another mode, whose rules have
     * chains of the same names. No rule may name the sets any more.
     *
     * @return whether there was anything
     */
    public boolean removeBesideRules() throws SyncException {
        try {
            return new CleanUp(family(), ipvs, sets, links, dummy, reader, ruleSync).runBesideRules();
        } catch (KernelException e) {
            throw new SyncException("clean-up of ipvs mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Takes away this family's virtual servers, rules, addresses and sets, and the dummy device once the other family has
     * none there. Virtual servers of others stay, and so do kernel parameters. Works without a sync before it.
     */
    @Override
    public void cleanUp() throws SyncException {
        inForce = null;
        rulesInForce = false;
        try {
            new CleanUp(family(), ipvs, sets, links, dummy, reader, ruleSync).run();
        } catch (KernelException e) {
            throw new SyncException("clean-up of ipvs mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        ipvs.close();
        sets.close();
        links.close();
    }
}
