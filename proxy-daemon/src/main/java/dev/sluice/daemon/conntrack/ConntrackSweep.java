// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.conntrack.EntryTuples;
import dev.sluice.core.conntrack.PortalTargets;
import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack;
import dev.sluice.linux.conntrack.Conntrack.Filter;
import dev.sluice.linux.conntrack.ConntrackEntry;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Reads conntrack entries and deletes the stale ones. */
final class ConntrackSweep {
    /**
     * Up to this many portals are looked up one by one. The kernel walks its whole table each time, which costs about
     * an eighth of dumping the whole table.
     */
    private static final int ASKED_ONE_BY_ONE = 6;

    private final Conntrack conntrack;
    private final IpFamily family;
    private final int ownMark;

    /** @param ownMark as in {@link dev.sluice.core.mode.ConntrackPolicy} */
    ConntrackSweep(Conntrack conntrack, IpFamily family, int ownMark) {
        this.ownMark = ownMark;
        this.conntrack = conntrack;
        this.family = family;
    }

    /**
     * The result of a sweep.
     *
     * @param refusals of the kernel; those entries still exist
     */
    record Swept(Map<DeletionCause, Integer> deleted, List<NetlinkException> refusals) {
        Swept {
            deleted = Map.copyOf(deleted);
            refusals = List.copyOf(refusals);
        }
    }

    /** @param nodePortsAt whether an address of this node serves node ports */
    Swept sweep(PortalTargets portals, Predicate<IpAddress> nodePortsAt) throws NetlinkException {
        Map<ConntrackEntry, DeletionCause> stale = new LinkedHashMap<>();
        for (ConntrackEntry entry : candidates(portals.portals())) {
            portals.staleReason(path(entry), nodePortsAt)
                    .ifPresent(reason -> stale.put(entry, new DeletionCause(reason, entry.protocol())));
        }
        if (stale.isEmpty()) {
            return new Swept(Map.of(), List.of());
        }
        Conntrack.Deletion deletion = conntrack.delete(List.copyOf(stale.keySet()));
        Map<DeletionCause, Integer> deleted = deletion.deleted().stream()
                .map(stale::get)
                .collect(Collectors.toMap(cause -> cause, cause -> 1, Integer::sum));
        return new Swept(deleted, deletion.refusals());
    }

    private Set<ConntrackEntry> candidates(Set<Portal> portals) throws NetlinkException {
        Map<Protocol, List<Portal>> byProtocol = portals.stream().collect(Collectors.groupingBy(Portal::protocol));
        Set<ConntrackEntry> candidates = new HashSet<>();
        for (Map.Entry<Protocol, List<Portal>> entry : byProtocol.entrySet()) {
            List<Filter> asked =
                    entry.getValue().size() > ASKED_ONE_BY_ONE ? List.of(Filter.ANYTHING) : asked(entry.getValue());
            for (Filter one : asked) {
                candidates.addAll(conntrack.list(family, entry.getKey(), one));
            }
        }
        return candidates;
    }

    private static List<Filter> asked(List<Portal> portals) {
        List<Filter> asked = new ArrayList<>();
        for (Portal portal : portals) {
            asked.add(
                    switch (portal) {
                        case Portal.Address a -> new Filter(a.address(), a.port());
                        case Portal.NodePort n -> new Filter(null, n.port());
                    });
        }
        return asked;
    }

    private EntryTuples path(ConntrackEntry entry) {
        return new EntryTuples(
                entry.protocol(),
                new SocketAddress(
                        entry.original().destination(), entry.original().destinationPort()),
                new SocketAddress(entry.reply().source(), entry.reply().sourcePort()),
                entry.zone() == 0 && (entry.mark() & ownMark) == 0);
    }
}
