// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
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
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftTableWatch;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.route.Links;
import dev.sluice.nftables.config.NftablesConfig;
import dev.sluice.nftables.layout.TableLayout;
import dev.sluice.nftables.plan.ServedNode;
import dev.sluice.nftables.sync.AppliedElements;
import dev.sluice.nftables.sync.ChangedPortsSync;
import dev.sluice.nftables.sync.FullTableSync;
import dev.sluice.nftables.sync.SyncFailures;
import dev.sluice.nftables.sync.TableRepair;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Service traffic by one table of nf_tables, in one family.
 *
 * <p>A {@link FullTableSync} reads the table and writes the difference. After that a {@link ChangedPortsSync} renders
 * only the ports that changed, as they were and as they are, and writes the difference in one transaction. When that is
 * refused, a full sync follows at once, which finds what others have changed and leaves out what the kernel does not
 * take.
 */
final class NftablesBackend implements ProxyBackend {
    private static final Logger LOG = LoggerFactory.getLogger(NftablesBackend.class);

    private final NftablesConfig config;
    private final Nftables nftables;
    private final Links links;
    private final TableLayout layout;
    private final AppliedElements applied = new AppliedElements();
    private final FullTableSync fullSync;
    private final ChangedPortsSync partialSync;
    private final TableRepair repair;
    private List<IpAddress> local = List.of();

    /** Closes {@code nftables} and {@code links} when it is closed. */
    NftablesBackend(NftablesConfig config, Nftables nftables, Links links) {
        this.config = config;
        this.nftables = nftables;
        this.links = links;
        this.layout = new TableLayout(config);
        this.fullSync = new FullTableSync(nftables, layout, applied);
        this.partialSync = new ChangedPortsSync(nftables, layout, applied);
        this.repair = new TableRepair(nftables, layout, applied);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.NFTABLES;
    }

    @Override
    public IpFamily family() {
        return config.family();
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        try {
            return write(desired, since);
        } catch (KernelException e) {
            throw new SyncException("nftables mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    private SyncReport write(ProxySnapshot desired, Changes since) throws KernelException {
        Optional<ServedNode> known = applied.node().filter(node -> node.fits(desired));
        if (!since.everything() && known.isPresent()) {
            Optional<KernelCost> cost = partialSync.run(desired, since.ports(), known.get());
            if (cost.isPresent()) {
                return report(false, cost.get());
            }
        }
        List<IpAddress> present = config.nodePortAddresses().matchesAll()
                ? List.of()
                : links.addresses().stream().map(Links.LinkAddress::address).toList();
        return report(true, fullSync.run(desired, ServedNode.of(config, desired, present)));
    }

    private SyncReport report(boolean full, KernelCost cost) {
        return new SyncReport(full, cost, applied.problems(), applied.counts());
    }

    /** A port may have been refused only because another program was changing the table at that moment. */
    @Override
    public SyncReport repair(ProxySnapshot desired, Suspects suspects) throws SyncException {
        if (applied.node().isEmpty() || !applied.isComplete()) {
            return sync(desired, Changes.all());
        }
        try {
            TableRepair.Repaired done = repair.run(suspects);
            return new SyncReport(
                    suspects.everything(), done.cost(), applied.problems(), applied.counts(), Map.of(), done.objects());
        } catch (KernelException e) {
            LOG.atWarn()
                    .addKeyValue("family", family())
                    .addKeyValue("cause", e.getMessage())
                    .log("Comparing the whole table with the kernel: more was changed than noticed");
            return sync(desired, Changes.all());
        }
    }

    /** All that the watch reports is in the table. */
    @Override
    public boolean keepsStateIn(KernelObject object) {
        return object.kind().equals(NftTableWatch.CHAIN) || object.kind().equals(NftTableWatch.SET);
    }

    private Table table() {
        return layout.table();
    }

    /** Rules find out themselves what the node's addresses are, except where ranges are configured. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return !config.nodePortAddresses().matchesAll()
                && address.isReachable()
                && config.nodePortAddresses().contains(address);
    }

    @Override
    public Trace explain(Packet packet) {
        return applied.table(layout)
                .map(table -> table.trace(packet, localAddresses()))
                .orElseGet(() -> Trace.notAService(List.of()));
    }

    private List<IpAddress> localAddresses() {
        try {
            local = links.addresses().stream().map(Links.LinkAddress::address).toList();
        } catch (KernelException e) {
            LOG.atWarn().addKeyValue("cause", e.getMessage()).log("Keeping the last known addresses of the node");
        }
        return local;
    }

    /** What the kernel has refused so far. */
    SyncFailures failures() {
        return applied.failures();
    }

    @Override
    public void cleanUp() throws SyncException {
        applied.clear();
        try {
            if (nftables.exists(table())) {
                nftables.commit(List.of(new NftCommand.DeleteTable(table())));
            }
        } catch (KernelException e) {
            throw new SyncException("clean-up of nftables mode, " + family() + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        nftables.close();
        links.close();
    }
}
