package dev.sluice.ipvs;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.kernel.DummyDevice;
import dev.sluice.ipvs.kernel.IpvsRemoval;
import dev.sluice.ipvs.kernel.KernelPreparation;
import dev.sluice.ipvs.kernel.RuleWriter;
import dev.sluice.ipvs.kernel.SchedulerProbe;
import dev.sluice.ipvs.kernel.StateReader;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.sync.ServerSync;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.LinkChange;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.sysctl.Sysctl;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

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
    private final IpvsConfig config;
    private final Ipvs ipvs;
    private final IpSets sets;
    private final Links links;
    private final DummyDevice dummy;
    private final KernelPreparation preparation;
    private final StateReader reader;
    private final IpvsRules rules;
    private final RuleWriter ruleWriter;
    private final ServerSync servers;
    private boolean prepared;

    /**
     * Holds the handles from now on and closes {@code ipvs}, {@code sets} and {@code links} with itself.
     *
     * @param bootNanos a clock that goes on over restarts of this process, since destinations carry its time
     */
    IpvsBackend(
            IpvsConfig config,
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
        SchedulerProbe probe = new SchedulerProbe(ipvs);
        preparation = new KernelPreparation(config.family(), config.options(), ipvs, probe, sysctl);
        reader = new StateReader(config.family(), ipvs, sets, config.options().excludeCidrs());
        rules = new IpvsRules(config, iptables.supportsRandomFully());
        ruleWriter = new RuleWriter(iptables, rules);
        servers = new ServerSync(config, ipvs, sets, links, dummy, reader, ruleWriter, probe, bootNanos);
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
        return servers.nextLook();
    }

    /** The same without the comparison, which never ends: empty when nothing drains and nothing rises. */
    public Optional<Duration> nextOwnStep() {
        return servers.nextOwnStep();
    }

    @Override
    public SyncReport sync(ProxySnapshot snapshot, Changes since) throws SyncException {
        prepare();
        try {
            return servers.sync(snapshot, since);
        } catch (KernelException e) {
            throw new SyncException("ipvs mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Compares the rules, and looks for what else somebody has changed. What the watch of rules and links announces is
     * of this node alone, so no Service is rendered anew.
     */
    @Override
    public SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        prepare();
        try {
            return servers.repair(applied);
        } catch (KernelException e) {
            throw new SyncException("ipvs mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    /**
     * Whether what the kernel announces about links and addresses is a reason to {@link #repair}: it is about the dummy device,
     * and not of our doing. Asked on any thread.
     */
    public boolean isConcernedBy(LinkChange change) {
        return dummy.isForeign(change);
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return IpvsRules.usesChain(object.kind(), object.name());
    }

    /** Each address has virtual servers of its own for node ports, and is not bound to the dummy device. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return address.family() == family() && address.isReachable();
    }

    @Override
    public Trace explain(Packet packet) {
        return servers.walk(rules, packet).trace();
    }

    /** Gives every virtual server of the last successful sync to {@code each}, with the port that has it. Asked on any thread. */
    public void forEachServer(BiConsumer<VirtualServerKey, ServicePortName> each) {
        servers.forEachServer(each);
    }

    /** Whether a user chain is of this mode, by its name. */
    public static boolean owns(String table, String chain) {
        return IpvsRules.owns(table, chain);
    }

    /**
     * Takes away this family's virtual servers, addresses and sets, but no rule: for a proxy of another mode, whose rules have
     * chains of the same names. No rule may name the sets any more.
     *
     * @return whether there was anything
     */
    public boolean removeBesideRules() throws SyncException {
        try {
            return new IpvsRemoval(family(), ipvs, sets, links, dummy, reader, ruleWriter).runBesideRules();
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
        servers.forget();
        try {
            new IpvsRemoval(family(), ipvs, sets, links, dummy, reader, ruleWriter).run();
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
