// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
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
import dev.sluice.iptables.affinity.ClientSetRemoval;
import dev.sluice.iptables.affinity.ClientSets;
import dev.sluice.iptables.affinity.HostSets;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.iptables.dispatch.DispatchLimits;
import dev.sluice.iptables.explain.AppliedTables;
import dev.sluice.iptables.node.NodeSetup;
import dev.sluice.iptables.node.RuleCounters;
import dev.sluice.iptables.render.ChainOwnership;
import dev.sluice.iptables.render.SharedRules;
import dev.sluice.iptables.sync.AppliedState;
import dev.sluice.iptables.sync.AppliedState.Basis;
import dev.sluice.iptables.sync.ChainRepair;
import dev.sluice.iptables.sync.ChainRepair.Repaired;
import dev.sluice.iptables.sync.FullSync;
import dev.sluice.iptables.sync.PartialSync;
import dev.sluice.iptables.sync.RuleRemoval;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.nfacct.NamedCounters;
import dev.sluice.linux.route.Links;
import dev.sluice.linux.sysctl.Sysctl;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Service traffic as iptables rules, in one family: chains, names and marks of kube-proxy 1.36.
 *
 * <p>A {@link FullSync} compares the kernel with the desired rules. After that a {@link PartialSync} renders only the
 * ports that changed, as they were and as they are, and applies the difference in one restore. If that is refused,
 * another program has changed the rules or a rule is invalid; a full sync follows at once, repairs the former and
 * leaves out the latter.
 */
final class IptablesBackend implements ProxyBackend {
    private static final Logger LOG = LoggerFactory.getLogger(IptablesBackend.class);

    /** Reading one chain takes a process, which takes as long as some hundred rules of a whole table. */
    private static final int FEW_CHAINS = 8;

    private static final int RULES_PER_CHAIN_READ = 500;

    private final IptablesConfig config;
    private final Iptables iptables;
    private final RuleCounters counters;
    private final NodeSetup node;
    private final AppliedState applied = new AppliedState();
    private final FullSync fullSync;
    private final HostSets sets;
    private final ClientSets clients;

    /**
     * The system property {@value DispatchLimits#FLAT_PROPERTY} sets up to how many rules a dispatch chain stays a
     * list.
     *
     * @param config also names the family, which must be that of {@code iptables}
     * @param links knows the node's addresses, for node ports on some of them only
     * @param counters for rules to count into, where the kernel supports them
     * @param sets for rules to remember clients in, where the kernel supports them
     */
    IptablesBackend(
            IptablesConfig config,
            Iptables iptables,
            Sysctl sysctl,
            Links links,
            NamedCounters counters,
            HostSets sets) {
        this(config, iptables, sysctl, links, counters, sets, DispatchLimits.fromSystem());
    }

    IptablesBackend(
            IptablesConfig config,
            Iptables iptables,
            Sysctl sysctl,
            Links links,
            NamedCounters counters,
            HostSets sets,
            DispatchLimits limits) {
        if (config.family() != iptables.family()) {
            throw new IllegalArgumentException(config.family() + " with the tools of " + iptables.family());
        }
        this.config = config;
        this.iptables = iptables;
        this.counters = new RuleCounters(counters, iptables);
        this.node = new NodeSetup(config, sysctl, links, this.counters);
        this.sets = sets;
        this.clients = new ClientSets(iptables, sets);
        this.fullSync = new FullSync(config, iptables, node, limits, applied, clients);
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
        SyncReport report = write(desired, since);
        clients.sweep();
        return report;
    }

    private SyncReport write(ProxySnapshot desired, Changes since) throws SyncException {
        IpAddress nodeAddress = desired.node().address(family()).orElse(null);
        Optional<Basis> basis =
                applied.basis().filter(known -> Objects.equals(known.context().nodeAddress(), nodeAddress));
        if (since.everything() || basis.isEmpty()) {
            return fullSync.run(desired, false);
        }
        PartialSync partial = new PartialSync(iptables, applied, basis.get(), clients);
        Optional<SyncReport> report = partial.run(desired, since.ports());
        return report.isPresent()
                ? report.get()
                : fullSync.run(desired, partial.isRefused()).plus(partial.spent());
    }

    /** Sets of removed endpoints are busy for a moment. */
    @Override
    public Optional<Duration> nextCheck() {
        return clients.nextSweep();
    }

    /** Reads the suspect chains only, as long as that is faster than reading everything. */
    @Override
    public SyncReport repair(ProxySnapshot desired, Suspects suspects) throws SyncException {
        long few = FEW_CHAINS + applied.rules() / RULES_PER_CHAIN_READ;
        // a port may have been refused only because another program was changing rules at that moment
        boolean complete = applied.basis().isPresent() && applied.isComplete();
        if (!complete || suspects.everything() || suspects.objects().size() > few) {
            return sync(desired, Changes.all());
        }
        try {
            Repaired repaired = repairChains(suspects.objects());
            return new SyncReport(false, repaired.cost(), applied.problems(), applied.counts());
        } catch (SyncException e) {
            LOG.atWarn()
                    .addKeyValue("family", family())
                    .addKeyValue("cause", e.getMessage())
                    .log("Comparing all rules with the kernel: more was changed than noticed");
            return sync(desired, Changes.all());
        }
    }

    /**
     * Repairs our chains among {@code suspects}, and our jumps in built-in chains.
     *
     * @throws SyncException when that failed, e.g. because more is missing than was named, or before the first sync;
     *     the next sync is a full one then
     */
    Repaired repairChains(Set<KernelObject> suspects) throws SyncException {
        Basis basis = applied.basis()
                .orElseThrow(() -> new SyncException(
                        "iptables " + family() + ": no rules are known to be in force; a full sync comes first"));
        try {
            return new ChainRepair(iptables, applied, basis, clients).run(suspects);
        } catch (KernelException e) {
            applied.forget();
            throw new SyncException("iptables " + family() + ": repairing " + suspects + ": " + e.getMessage(), e);
        }
    }

    /** For tests. */
    AppliedState applied() {
        return applied;
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return ChainOwnership.keepsRulesIn(object.kind(), object.name());
    }

    /** Rules name single addresses only where ranges are configured. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return !config.nodePortAddresses().matchesAll() && SharedRules.servesNodePorts(config, address);
    }

    @Override
    public Trace explain(Packet packet) {
        return applied.basis()
                .map(basis -> new AppliedTables(basis.context(), basis.shared(), basis.layout(), applied.ports())
                        .trace(packet, node.localAddresses()))
                .orElseGet(() -> Trace.notAService(List.of()));
    }

    /** Sets the kernel parameters that a sync sets after it has written its rules. */
    void prepare() throws SyncException {
        node.openLocalhost();
    }

    @Override
    public void cleanUp() throws SyncException {
        applied.clear();
        try {
            new RuleRemoval(iptables, node).run();
            counters.delete();
            ClientSetRemoval.run(sets, family());
        } catch (KernelException e) {
            throw new SyncException("iptables " + family() + ": clean-up: " + e.getMessage(), e);
        }
    }

    /** Nothing to release: the rules stay, and each run of a tool is its own process. */
    @Override
    public void close() {}
}
