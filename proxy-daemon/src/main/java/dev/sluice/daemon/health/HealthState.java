// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.daemon.http.Page;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of the proxy. A family is healthy when no change waits, or when the oldest waiting one is younger than the
 * time-out (kube-proxy: twice the sync period). The proxy is not ready until every family has synced once; kube-proxy
 * calls itself healthy before any rule is in force. Shared by the sync thread and the HTTP servers.
 */
public final class HealthState {
    private static final String SCALE_DOWN_TAINT = "ToBeDeletedByClusterAutoscaler";

    private final InstantSource clock;
    private final Duration timeout;
    private final Map<IpFamily, FamilyHealth> families = new EnumMap<>(IpFamily.class);
    private @Nullable NodeObject node;
    private boolean nodeRequired = true;
    private List<Problem> problems = List.of();

    public HealthState(InstantSource clock, Duration timeout, Set<IpFamily> served) {
        this.clock = clock;
        this.timeout = timeout;
        served.forEach(family -> families.put(family, new FamilyHealth(null, null)));
    }

    private record FamilyHealth(
            @Nullable Instant queued, @Nullable Instant updated) {}

    /** A change waits to be synced. */
    public synchronized void queued(IpFamily family) {
        families.computeIfPresent(
                family, (_, h) -> h.queued() == null ? new FamilyHealth(clock.instant(), h.updated()) : h);
    }

    /** A sync succeeded. */
    public synchronized void updated(IpFamily family) {
        families.computeIfPresent(family, (_, _) -> new FamilyHealth(null, clock.instant()));
    }

    public synchronized void node(@Nullable NodeObject object) {
        node = object;
    }

    /** The source has no Node object (manifests without one): its absence does not make the node ineligible. */
    public synchronized void nodeIsOptional() {
        nodeRequired = false;
    }

    /** Sets the objects that are left out at present. */
    public synchronized void problems(List<Problem> current) {
        problems = List.copyOf(current);
    }

    /** A consistent view of everything. */
    synchronized HealthSnapshot now() {
        Instant now = clock.instant();
        Map<IpFamily, HealthSnapshot.Family> status = new EnumMap<>(IpFamily.class);
        families.forEach((family, h) -> {
            boolean late = h.queued() != null && h.queued().plus(timeout).isBefore(now);
            status.put(family, new HealthSnapshot.Family(h.updated(), !late));
        });
        boolean alive = status.values().stream().allMatch(HealthSnapshot.Family::healthy);
        boolean ready = alive && status.values().stream().allMatch(f -> f.lastUpdated() != null);
        return new HealthSnapshot(now, eligible(), alive, ready, status, problems);
    }

    /** Whether no family is late: what the health check node ports of Services report of the proxy. */
    public boolean isAlive() {
        return now().alive();
    }

    private boolean eligible() {
        if (node == null) {
            return !nodeRequired;
        }
        return !node.deleting() && !node.taintKeys().contains(SCALE_DOWN_TAINT);
    }

    /** The pages {@code /healthz} and {@code /livez}. */
    public Map<String, Supplier<Page>> pages() {
        return Map.of(
                "/healthz",
                () -> {
                    HealthSnapshot health = now();
                    return Page.json(health.ready() && health.nodeEligible() ? 200 : 503, health.healthzJson());
                },
                "/livez",
                () -> {
                    HealthSnapshot health = now();
                    return Page.json(health.alive() ? 200 : 503, health.livezJson());
                });
    }
}
