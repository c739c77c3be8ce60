// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.conntrack.PortalHistory;
import dev.sluice.core.conntrack.PortalTargets;
import dev.sluice.core.mode.ConntrackPolicy;
import dev.sluice.core.model.Portal;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ForwardingBackend;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.daemon.conntrack.ConntrackSweep.Swept;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.route.Links;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A backend that deletes stale conntrack entries after each sync of the mode that it wraps.
 *
 * <p>The kernel cannot see the end of a UDP conversation, so connection tracking keeps sending a busy client's
 * datagrams where it sent the first one: to a removed endpoint, or nowhere because the Service had no endpoint then.
 * The same holds for an SCTP client that keeps its port. Once the new rules are in force, such entries are deleted, and
 * the next packet meets the new rules. TCP connections are never touched.
 *
 * <p>The table is read only after a change that can make entries stale, and after another program changed the rules. A
 * refusal by the kernel never fails a sync; the next one tries again.
 */
public final class ConntrackCleaning extends ForwardingBackend {
    private static final Logger LOG = LoggerFactory.getLogger(ConntrackCleaning.class);

    private final Conntrack conntrack;
    private final Links links;
    private final CleaningListener listener;
    private final PortalHistory ledger;
    private final ConntrackSweep sweep;
    private final NodePortScope nodePortScope;
    private String trouble = "";

    /**
     * Wraps {@code mode}; closing it closes {@code mode}, {@code conntrack} and {@code links}.
     *
     * @param policy of that mode in its family
     * @param serviceLinks links whose addresses are not the node's
     */
    public ConntrackCleaning(
            ProxyBackend mode,
            ConntrackPolicy policy,
            NodePortAddresses nodePorts,
            Set<String> serviceLinks,
            Conntrack conntrack,
            Links links,
            CleaningListener listener) {
        super(mode);
        this.conntrack = conntrack;
        this.links = links;
        this.listener = listener;
        this.ledger = new PortalHistory(policy.targets(), policy.protocols());
        this.sweep = new ConntrackSweep(conntrack, mode.family(), policy.ownMark());
        this.nodePortScope = new NodePortScope(nodePorts, policy.loopbackNodePorts(), links, serviceLinks);
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        SyncReport report;
        try {
            report = super.sync(desired, since);
        } catch (SyncException | RuntimeException e) {
            ledger.note(desired, since); // some of it may be in force
            throw e;
        }
        return afterwards(report, desired, report.full() ? Changes.all() : since);
    }

    private SyncReport afterwards(SyncReport report, ProxySnapshot desired, Changes since) {
        ledger.note(desired, since);
        if (since.everything() && report.cost().messages() > 0) {
            ledger.suspectAll();
        }
        if (ledger.isDue()) {
            clean();
        }
        return report;
    }

    /** While rules were missing, connections may have begun that bypass them. */
    @Override
    public SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        return afterwards(super.repair(applied, suspects), applied, Changes.all());
    }

    private void clean() {
        long start = System.nanoTime();
        try {
            PortalTargets portals = ledger.due();
            boolean nodePorts = portals.portals().stream().anyMatch(Portal.NodePort.class::isInstance);
            Swept swept = sweep.sweep(portals, nodePorts ? nodePortScope.now() : address -> false);
            if (!swept.deleted().isEmpty()) {
                LOG.atInfo()
                        .addKeyValue("family", family())
                        .addKeyValue("deleted", text(swept.deleted()))
                        .log("stale conntrack entries deleted");
            }
            listener.cleaned(family(), swept.deleted(), Duration.ofNanos(System.nanoTime() - start));
            if (swept.refusals().isEmpty()) {
                ledger.settle();
                trouble = "";
            } else {
                failed(swept.refusals().size() + " refusals, the first: "
                        + swept.refusals().getFirst().getMessage());
            }
        } catch (NetlinkException e) {
            failed(String.valueOf(e.getMessage()));
        }
    }

    private void failed(String why) {
        listener.failed(family());
        if (!why.equals(trouble)) {
            LOG.atWarn()
                    .addKeyValue("family", family())
                    .addKeyValue("cause", why)
                    .log("stale conntrack entries may remain, which the next sync looks for again");
            trouble = why;
        }
    }

    private static String text(Map<DeletionCause, Integer> deleted) {
        Map<String, Integer> sorted = new TreeMap<>();
        deleted.forEach((cause, count) -> sorted.put(cause.toString(), count));
        return sorted.entrySet().stream()
                .map(entry -> entry.getValue() + " " + entry.getKey())
                .collect(Collectors.joining(", "));
    }

    @Override
    public void close() {
        super.close();
        conntrack.close();
        links.close();
    }
}
