// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxySnapshot;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The targets of portals since conntrack entries were last swept, and so the portals to sweep next. Owned by the sync
 * thread.
 *
 * <p>Not every change makes entries stale: one more endpoint, one that is not ready any more but still answers, or
 * another policy does not. Nothing is swept for those.
 */
public final class PortalHistory {
    /** While sweeps fail, states of a port older than this many changes are forgotten. */
    private static final int REMEMBERED = 16;

    private final ConntrackTargets targets;
    private final Set<Protocol> protocols;
    private final Map<ServicePortName, Versions> ports = new HashMap<>();
    private final Set<ServicePortName> due = new HashSet<>();

    /**
     * A service port as conntrack entries see it.
     *
     * @param owned those of its addresses that another host has
     */
    private record Version(Set<Portal> portals, Set<SocketAddress> targets, Set<IpAddress> owned) {

        /** Whether no entry made under this is stale under {@code next}. */
        boolean isKeptBy(Version next) {
            // without a target there were no rules, and entries made then bypass those of today
            return portals.equals(next.portals)
                    && !targets.isEmpty()
                    && next.targets.containsAll(targets)
                    && owned.containsAll(next.owned);
        }

        /**
         * Those of the targets that entries to {@code portal} may lead to. None once another host has its address: the
         * packets of flows that were open before would go to that host, as long as the entry lives.
         */
        Set<SocketAddress> targets(Portal portal, Collection<Version> past) {
            boolean passedOn = portal instanceof Portal.Address at
                    && at.protocol() == Protocol.UDP
                    && owned.contains(at.address())
                    && past.stream().anyMatch(p -> !p.owned.contains(at.address()));
            return passedOn ? Set.of() : targets;
        }
    }

    private static final class Versions {
        private final Deque<Version> past = new ArrayDeque<>();
        private @Nullable Version now;
    }

    /** @param protocols those whose entries are swept; never TCP, whose connections have an end of their own */
    public PortalHistory(ConntrackTargets targets, Set<Protocol> protocols) {
        if (protocols.contains(Protocol.TCP)) {
            throw new IllegalArgumentException("deleting the entry of a TCP connection breaks its graceful close");
        }
        this.targets = targets;
        this.protocols = Set.copyOf(protocols);
    }

    /** Notes what a sync has applied, or may have applied when it failed. */
    public void note(ProxySnapshot desired, Changes since) {
        if (since.everything()) {
            Set.copyOf(ports.keySet()).stream()
                    .filter(name -> desired.port(name) == null)
                    .forEach(name -> note(name, null));
            desired.ports().forEach(port -> note(port.name(), port));
        } else {
            since.ports().forEach(name -> note(name, desired.port(name)));
        }
    }

    private void note(ServicePortName name, @Nullable ResolvedPort port) {
        if (!protocols.contains(name.protocol())) {
            return;
        }
        Version next = port == null ? null : version(port);
        Versions versions = ports.computeIfAbsent(name, key -> new Versions());
        Version last = versions.now;
        versions.now = next;
        if (last == null) {
            due.add(name);
        } else if (next == null || !last.isKeptBy(next)) {
            due.add(name);
            versions.past.addLast(last);
            if (versions.past.size() > REMEMBERED) {
                versions.past.removeFirst();
            }
        }
    }

    private Version version(ResolvedPort port) {
        return new Version(
                Portal.of(port.service()),
                targets.of(port),
                port.service().addresses().owners().keySet());
    }

    /** Makes all portals due: another program changed rules, and entries may have been made that bypass them. */
    public void suspectAll() {
        due.addAll(ports.keySet());
    }

    /** Whether there is anything to sweep. */
    public boolean isDue() {
        return !due.isEmpty();
    }

    /** The portals to sweep, with the targets that decide which entries are stale. */
    public PortalTargets due() {
        PortalTargets portals = new PortalTargets();
        for (ServicePortName name : due) {
            Versions versions = ports.getOrDefault(name, new Versions());
            Version now = versions.now;
            if (now != null) {
                now.portals().forEach(portal -> portals.addCurrent(portal, now.targets(portal, versions.past)));
            }
            versions.past.forEach(past -> past.portals().forEach(portal -> portals.addFormer(portal, past.targets())));
        }
        return portals;
    }

    /** The portals that were due have been swept. */
    public void settle() {
        for (ServicePortName name : due) {
            ports.computeIfPresent(name, (key, versions) -> {
                versions.past.clear();
                return versions.now == null ? null : versions;
            });
        }
        due.clear();
    }
}
