// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.track.ParsedService.DeclaredPort;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The holders of portals in one family, when several service ports request the same one.
 *
 * <p>A cluster address has precedence over external and load balancer addresses, because the API server hands it out
 * and any user can write the others into a Service. Otherwise the older Service holds it, then the one whose name sorts
 * first, then the port listed first. The result does not depend on the order of arrival.
 *
 * <p>A service port that does not hold its cluster address is left out altogether, and requests nothing else meanwhile.
 */
final class PortalRegistry {
    private final Map<Portal, Claimant> holders = new HashMap<>();
    private final Map<Portal, TreeSet<Claimant>> waiting = new HashMap<>();

    /** One service port that requests its portals. */
    record Claimant(DeclaredPort declared, long created) {
        ServicePort port() {
            return declared.port();
        }

        ServiceName service() {
            return port().name().service();
        }

        boolean is(Claimant other) {
            return port().name().equals(other.port().name());
        }
    }

    /** The holder of {@code portal}, or null. */
    @Nullable
    Claimant holder(Portal portal) {
        return holders.get(portal);
    }

    /** Requests all portals of a service port. */
    void add(Claimant claimant, Consumer<ServiceName> affected) {
        Portal cluster = clusterPortal(claimant.port());
        Claimant before = holders.get(cluster);
        request(cluster, claimant);
        if (isHeldBy(cluster, claimant)) {
            if (before != null) {
                if (clusterPortal(before.port()).equals(cluster)) {
                    otherPortals(before.port()).forEach(portal -> release(portal, before, affected));
                }
                notifyWaiting(cluster, affected);
            }
            otherPortals(claimant.port()).forEach(portal -> requestOther(portal, claimant, affected));
        }
    }

    /** Releases all portals that a service port has requested. */
    void remove(Claimant claimant, Consumer<ServiceName> affected) {
        Portal cluster = clusterPortal(claimant.port());
        boolean held = isHeldBy(cluster, claimant);
        if (held) {
            otherPortals(claimant.port()).forEach(portal -> release(portal, claimant, affected));
        }
        release(cluster, claimant, affected);
        Claimant next = holders.get(cluster);
        if (held && next != null && clusterPortal(next.port()).equals(cluster)) {
            otherPortals(next.port()).forEach(portal -> requestOther(portal, next, affected));
        }
    }

    private boolean isHeldBy(Portal portal, Claimant claimant) {
        Claimant holder = holders.get(portal);
        return holder != null && holder.is(claimant);
    }

    private void requestOther(Portal portal, Claimant claimant, Consumer<ServiceName> affected) {
        Claimant before = holders.get(portal);
        request(portal, claimant);
        if (before != null && !isHeldBy(portal, before)) {
            notifyWaiting(portal, affected);
        }
    }

    /** Those that wait have lost to another holder now, and name it in their problems. */
    private void notifyWaiting(Portal portal, Consumer<ServiceName> affected) {
        TreeSet<Claimant> queue = waiting.get(portal);
        if (queue != null) {
            queue.forEach(claimant -> affected.accept(claimant.service()));
        }
    }

    private void request(Portal portal, Claimant claimant) {
        Claimant holder = holders.get(portal);
        if (holder == null) {
            holders.put(portal, claimant);
            return;
        }
        TreeSet<Claimant> queue = waiting.computeIfAbsent(portal, p -> new TreeSet<>(order(p)));
        boolean first = order(portal).compare(claimant, holder) < 0;
        queue.add(first ? holder : claimant);
        if (first) {
            holders.put(portal, claimant);
        }
    }

    private void release(Portal portal, Claimant claimant, Consumer<ServiceName> affected) {
        TreeSet<Claimant> queue = waiting.get(portal);
        if (!isHeldBy(portal, claimant)) {
            if (queue != null) {
                queue.remove(claimant);
            }
        } else if (queue == null) {
            holders.remove(portal);
        } else {
            Claimant next = queue.removeFirst();
            holders.put(portal, next);
            affected.accept(next.service());
            notifyWaiting(portal, affected);
        }
        if (queue != null && queue.isEmpty()) {
            waiting.remove(portal);
        }
    }

    private static Comparator<Claimant> order(Portal portal) {
        return Comparator.comparing((Claimant c) -> !clusterPortal(c.port()).equals(portal))
                .thenComparingLong(Claimant::created)
                .thenComparing(Claimant::service)
                .thenComparingInt(c -> c.declared().index())
                .thenComparing(c -> c.port().name());
    }

    private static Portal clusterPortal(ServicePort port) {
        return port.portal(port.clusterIp());
    }

    private static Set<Portal> otherPortals(ServicePort port) {
        Set<Portal> portals = new LinkedHashSet<>(Portal.of(port));
        portals.remove(clusterPortal(port));
        return portals;
    }

    /** The number of portals held and of those waited for; 0 again when all service ports are removed. */
    int size() {
        return holders.size() + waiting.values().stream().mapToInt(Set::size).sum();
    }
}
