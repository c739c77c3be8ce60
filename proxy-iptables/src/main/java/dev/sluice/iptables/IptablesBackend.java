package dev.sluice.iptables;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
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
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.dispatch.DispatchLayout;
import dev.sluice.iptables.dispatch.DispatchLimits;
import dev.sluice.iptables.explain.AppliedTables;
import dev.sluice.iptables.node.NodeSetup;
import dev.sluice.iptables.node.RuleCounters;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.FixedRules;
import dev.sluice.iptables.render.PortChains;
import dev.sluice.iptables.render.RenderedPort;
import dev.sluice.iptables.render.Rendering;
import dev.sluice.iptables.sync.ChainRepair;
import dev.sluice.iptables.sync.CleanUp;
import dev.sluice.iptables.sync.FullSync;
import dev.sluice.iptables.sync.Mended;
import dev.sluice.iptables.sync.PortWriter;
import dev.sluice.iptables.sync.PortsInForce;
import dev.sluice.iptables.sync.RenderedChains;
import dev.sluice.iptables.sync.Transition;
import dev.sluice.iptables.sync.WrittenRules;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreException;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.sysctl.Sysctl;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Service traffic as iptables rules, in one family: chains, names and marks of kube-proxy 1.36.
 *
 * <p>A full sync compares the kernel with what is wanted ({@link FullSync}). After that only the ports that changed are
 * looked at: the rules in force follow from the port as it was, so both sides are rendered and their difference is one
 * restore ({@link Transition}). When that is refused, somebody changed the rules meanwhile or a rule is bad; a full sync
 * at once mends the former and leaves the bad port out.
 */
public final class IptablesBackend implements ProxyBackend {
    private static final Logger LOG = LoggerFactory.getLogger(IptablesBackend.class);

    /** Each round leaves out what the round before found refused. */
    private static final int MAX_ROUNDS = 5;

    /** A change of so many lines goes in portions instead, as a full sync does. */
    private static final int MANY_LINES = 20_000;

    /** A chain that is read alone takes a process, which takes the time that some hundred rules of a whole table take. */
    private static final int FEW_CHAINS = 8;

    private static final int RULES_PER_CHAIN_READ = 500;

    private final IptablesConfig config;
    private final Iptables iptables;
    private final DispatchLimits limits;
    private final RuleCounters counters;
    private final NodeSetup node;
    private final PortsInForce inForce = new PortsInForce();
    private @Nullable Applied applied;

    /** What the last full sync went by, and the dispatch trees as they are now. */
    record Applied(Rendering rendering, FixedRules fixed, DispatchLayout layout) {}

    /**
     * The system property {@value DispatchLimits#FLAT_PROPERTY} sets up to how many rules a dispatch chain stays a list.
     *
     * @param config also names the family, which must be that of {@code iptables}
     * @param links tells the node's addresses, for node ports on some of them only
     * @param counters what rules count into, where the kernel can
     */
    public IptablesBackend(
            IptablesConfig config, Iptables iptables, Sysctl sysctl, Links links, NamedCounters counters) {
        this(config, iptables, sysctl, links, counters, DispatchLimits.fromSystem());
    }

    IptablesBackend(
            IptablesConfig config,
            Iptables iptables,
            Sysctl sysctl,
            Links links,
            NamedCounters counters,
            DispatchLimits limits) {
        if (config.family() != iptables.family()) {
            throw new IllegalArgumentException(config.family() + " with the tools of " + iptables.family());
        }
        this.config = config;
        this.iptables = iptables;
        this.limits = limits;
        this.counters = new RuleCounters(counters, iptables);
        this.node = new NodeSetup(config, sysctl, links, this.counters);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.IPTABLES;
    }

    @Override
    public IpFamily family() {
        return config.family();
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        Applied last = applied;
        boolean partial = last != null
                && !since.everything()
                && Objects.equals(last.rendering().nodeAddress(), nodeAddress(desired));
        return last != null && partial ? changed(desired, since.ports(), last) : everything(desired, KernelCost.NONE);
    }

    private SyncReport changed(ProxySnapshot desired, Set<ServicePortName> names, Applied last) throws SyncException {
        Transition transition = new Transition(last.layout());
        long natDelta = 0;
        long filterDelta = 0;
        for (ServicePortName name : names) {
            RenderedPort from = render(last.rendering(), inForce.port(name));
            RenderedPort to = render(last.rendering(), desired.port(name));
            transition.move(from, to);
            natDelta += to.natRules() - from.natRules();
            filterDelta += to.filter().size() - from.filter().size();
        }
        String text = transition.finish();
        if (transition.lines() > MANY_LINES && iptables.variant() == Iptables.Variant.NFT) {
            return everything(desired, KernelCost.NONE);
        }
        KernelCost cost = new KernelCost(transition.lines(), text.length());
        WrittenRules written = new WrittenRules();
        if (!text.isEmpty()) {
            try {
                iptables.restore(text);
                written.add(text);
            } catch (RestoreException e) {
                LOG.warn("Comparing all {} rules with the kernel: a change was refused: {}", family(), e.getMessage());
                return everything(desired, cost);
            }
        }
        names.forEach(name -> inForce.put(name, desired.port(name)));
        inForce.count(natDelta, filterDelta);
        return new SyncReport(false, cost, inForce.problems(), inForce.counts(), written.counts(), Map.of());
    }

    private SyncReport everything(ProxySnapshot desired, KernelCost spent) throws SyncException {
        applied = null; // until this has succeeded, nothing is known about what is in force
        boolean comments = desired.endpointCount() <= Rendering.COMMENTED_ENDPOINTS;
        FixedRules shared = node.fixedRules(iptables.supportsRandomFully());
        Rendering now = new Rendering(config, nodeAddress(desired), comments, node.countsLocalhost());
        Map<ServicePortName, RenderedPort> rendered = new TreeMap<>();
        desired.ports().forEach(port -> rendered.put(port.name(), PortChains.render(now, port)));
        Map<ServicePortName, Problem> refused = new LinkedHashMap<>();
        KernelCost cost = spent;
        WrittenRules written = new WrittenRules();
        DispatchLayout layout;
        for (int round = 1; ; round++) {
            layout = DispatchLayout.of(limits, shared, rendered.values());
            PortWriter writer = new PortWriter(iptables);
            restoreAll(new FullSync(iptables, shared, node.servesLocalhost(), writer), rendered, layout);
            cost = cost.plus(writer.cost());
            written.add(writer.written());
            if (writer.refused().isEmpty()) {
                break;
            }
            if (round == MAX_ROUNDS) {
                throw new SyncException("iptables " + family() + ": rules are still refused after leaving out "
                        + refused.keySet() + "; trying everything again later");
            }
            refused.putAll(writer.refused());
            rendered.keySet().removeAll(refused.keySet());
        }
        node.openLocalhost();
        inForce.replace(desired.ports(), refused, rendered.values(), shared);
        applied = new Applied(now, shared, layout);
        return new SyncReport(true, cost, inForce.problems(), inForce.counts(), written.counts(), Map.of());
    }

    private void restoreAll(FullSync sync, Map<ServicePortName, RenderedPort> ports, DispatchLayout layout)
            throws SyncException {
        try {
            sync.run(ports, layout);
        } catch (KernelException e) {
            throw new SyncException("iptables " + family() + ": " + e.getMessage(), e);
        }
    }

    /** For tests: what is in force; null when that is not known. */
    @Nullable
    Applied applied() {
        return applied;
    }

    /** For tests. */
    PortsInForce portsInForce() {
        return inForce;
    }

    private @Nullable IpAddress nodeAddress(ProxySnapshot desired) {
        return desired.node().address(family()).orElse(null);
    }

    private static RenderedPort render(Rendering with, @Nullable ResolvedPort port) {
        return port == null ? RenderedPort.NOTHING : PortChains.render(with, port);
    }

    /** Looks at the suspect chains alone while that is quicker than reading everything. */
    @Override
    public SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        long few = FEW_CHAINS + inForce.rules() / RULES_PER_CHAIN_READ;
        // what was left out may have been refused only because somebody was changing rules at that moment
        boolean all = this.applied == null || !inForce.problems().isEmpty() || suspects.everything();
        if (all || suspects.objects().size() > few) {
            return sync(applied, Changes.all());
        }
        try {
            return new SyncReport(false, recheck(suspects.objects()).cost(), inForce.problems(), inForce.counts());
        } catch (SyncException e) {
            LOG.warn(
                    "Comparing all {} rules with the kernel: more was changed than noticed: {}",
                    family(),
                    e.getMessage());
            return sync(applied, Changes.all());
        }
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return FixedChains.isKept(object.kind(), object.name());
    }

    /** Rules name single addresses only where ranges are configured. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return !config.nodePortAddresses().matchesAll() && FixedRules.servesNodePorts(config, address);
    }

    @Override
    public Trace explain(Packet packet) {
        Applied last = applied;
        if (last == null) {
            return Trace.notAService(List.of());
        }
        return new AppliedTables(last.rendering(), last.fixed(), last.layout(), inForce.all())
                .trace(packet, node.localAddresses());
    }

    /** Whether a user chain is of this mode, by its name; {@code KUBE-FIREWALL} is shared and is not. */
    public static boolean owns(String table, String chain) {
        return FixedChains.isOwned(table, chain);
    }

    /** Sets the kernel parameters that the mode needs and that a sync otherwise sets once its rules are in force. */
    public void prepare() throws SyncException {
        node.openLocalhost();
    }

    /**
     * Looks at single chains that somebody else may have touched, and makes them again what the last sync made them: our
     * own chains, and our jumps in built-in ones. Cost follows the number of {@code touched}; chains of others and other
     * tables are passed over. Call it on the sync thread.
     *
     * @throws SyncException when that failed, e.g. because more is missing than was named, or before the first sync; the next
     *     sync is a full one then
     */
    public Mended recheck(Set<KernelObject> touched) throws SyncException {
        Applied last = applied;
        if (last == null) {
            throw new SyncException(
                    "iptables " + family() + ": no rules are known to be in force; a full sync comes first");
        }
        RenderedChains chains = new RenderedChains(last.rendering(), last.fixed(), last.layout(), inForce.all());
        try {
            return new ChainRepair(iptables, last.fixed(), node.servesLocalhost(), chains).run(touched);
        } catch (KernelException e) {
            applied = null;
            throw new SyncException("iptables " + family() + ": mending " + touched + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void cleanUp() throws SyncException {
        applied = null;
        inForce.clear();
        try {
            new CleanUp(iptables, node).run();
            counters.delete();
        } catch (KernelException e) {
            throw new SyncException("iptables " + family() + ": clean-up: " + e.getMessage(), e);
        }
    }

    /** Nothing to let go of: the rules stay, and the tools run anew each time. */
    @Override
    public void close() {}
}
