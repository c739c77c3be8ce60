// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A set of portals, and the targets of conntrack entries to them. Ignores entries to other portals, and those that
 * others translate.
 */
public final class PortalTargets {
    private final Map<Portal, Set<SocketAddress>> current = new HashMap<>();
    private final Map<Portal, Set<SocketAddress>> former = new HashMap<>();

    void addCurrent(Portal portal, Set<SocketAddress> targets) {
        current.put(portal, targets);
    }

    /** Adds a portal as it was; without effect where it is also a current one, of the same service port or another. */
    void addFormer(Portal portal, Set<SocketAddress> targets) {
        former.computeIfAbsent(portal, key -> new HashSet<>()).addAll(targets);
    }

    /** Every portal whose entries may be stale. */
    public Set<Portal> portals() {
        Set<Portal> all = new HashSet<>(current.keySet());
        // an SCTP association to a deleted Service ends by itself, or with its endpoint
        former.keySet().stream()
                .filter(portal -> portal.protocol() != Protocol.SCTP)
                .forEach(all::add);
        return all;
    }

    /**
     * Why an entry is stale; empty when it is not, or when it is not to one of these portals.
     *
     * @param servesNodePorts whether an address is one of this node that serves node ports
     */
    public Optional<StaleReason> staleReason(EntryTuples entry, Predicate<IpAddress> servesNodePorts) {
        SocketAddress destination = entry.destination();
        Portal address = new Portal.Address(entry.protocol(), destination.address(), destination.port());
        if (isKnown(address)) {
            return staleReason(entry, address);
        }
        Portal nodePort = new Portal.NodePort(entry.protocol(), destination.port());
        return isKnown(nodePort) && servesNodePorts.test(destination.address())
                ? staleReason(entry, nodePort)
                : Optional.empty();
    }

    private boolean isKnown(Portal portal) {
        return current.containsKey(portal) || former.containsKey(portal);
    }

    private Optional<StaleReason> staleReason(EntryTuples entry, Portal portal) {
        @Nullable Set<SocketAddress> targets = current.get(portal);
        if (targets == null) {
            return afterDeletion(entry, former.getOrDefault(portal, Set.of()));
        }
        if (targets.contains(entry.replySource())) {
            return Optional.empty();
        }
        if (!entry.isTranslated()) {
            return entry.ownZone() ? Optional.of(StaleReason.UNTRANSLATED) : Optional.empty();
        }
        return Optional.of(targets.isEmpty() ? StaleReason.NO_ENDPOINTS : StaleReason.ENDPOINT_GONE);
    }

    /** Once its portal is deleted, an entry that was never translated is valid, and so is one that others translate. */
    private static Optional<StaleReason> afterDeletion(EntryTuples entry, Set<SocketAddress> targets) {
        boolean ours = entry.isTranslated() && targets.contains(entry.replySource());
        return ours && entry.protocol() != Protocol.SCTP ? Optional.of(StaleReason.SERVICE_GONE) : Optional.empty();
    }
}
