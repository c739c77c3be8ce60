// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The health of the proxy. A family is healthy when no change waits, or when the oldest waiting one is younger than the
 * time-out (kube-proxy: twice the sync period). The proxy is not ready until every family has synced once; kube-proxy
 * calls itself healthy before any rule is in force. Problems explain, and only a fatal one counts against the process.
 * Shared by the sync thread and the HTTP servers.
 */
public final class HealthState {
    private static final String SCALE_DOWN_TAINT = "ToBeDeletedByClusterAutoscaler";

    private final InstantSource clock;
    private final Duration timeout;
    private final Instant begun;
    private final Map<IpFamily, FamilyHealth> families = new EnumMap<>(IpFamily.class);
    private final List<ProblemSource> sources = new CopyOnWriteArrayList<>();
    private @Nullable NodeObject node;
    private Instant eligibleSince;
    private boolean nodeRequired = true;
    private String waitsFor = "";
    private ObjectProblems objects = ObjectProblems.NONE;
    private Supplier<Optional<Instant>> snapshot = Optional::empty;

    /** A process that does not know yet which families it serves. */
    public HealthState(InstantSource clock, Duration timeout) {
        this.clock = clock;
        this.timeout = timeout;
        begun = clock.instant();
        eligibleSince = begun;
    }

    public HealthState(InstantSource clock, Duration timeout, Set<IpFamily> served) {
        this(clock, timeout);
        serves(served);
    }

    /** @param failing since when its syncs fail, null when the last one has not */
    private record FamilyHealth(
            @Nullable Instant queued,
            @Nullable Instant updated,
            @Nullable Instant failing,
            String failure) {
        static final FamilyHealth NEW = new FamilyHealth(null, null, null, "");

        FamilyHealth queuedAt(Instant now) {
            return queued == null ? new FamilyHealth(now, updated, failing, failure) : this;
        }

        FamilyHealth failedAt(Instant now, String cause) {
            return new FamilyHealth(queued, updated, failing == null ? now : failing, cause);
        }
    }

    /** The families are known now; the first syncs follow. */
    public synchronized void serves(Set<IpFamily> served) {
        served.forEach(family -> families.putIfAbsent(family, FamilyHealth.NEW));
    }

    /** Something that the process waits for before its first sync; empty when it does not wait any more. */
    public synchronized void waitsFor(String what) {
        waitsFor = what;
    }

    /** Another part that knows of problems. */
    public void add(ProblemSource source) {
        sources.add(source);
    }

    /** A change waits to be synced. */
    public synchronized void queued(IpFamily family) {
        families.computeIfPresent(family, (_, h) -> h.queuedAt(clock.instant()));
    }

    /** A sync succeeded. */
    public synchronized void updated(IpFamily family) {
        families.computeIfPresent(family, (_, _) -> new FamilyHealth(null, clock.instant(), null, ""));
    }

    /** A sync failed; others follow. */
    public synchronized void failed(IpFamily family, String cause) {
        families.computeIfPresent(family, (_, h) -> h.failedAt(clock.instant(), cause));
    }

    public synchronized void node(@Nullable NodeObject object) {
        boolean before = eligible();
        node = object;
        eligibleSince = before == eligible() ? eligibleSince : clock.instant();
    }

    /** The source has no Node object (manifests without one): its absence does not make the node ineligible. */
    public synchronized void nodeIsOptional() {
        nodeRequired = false;
    }

    /** Sets the objects that are left out at present. */
    public synchronized void problems(List<Problem> current) {
        objects = objects.replacedBy(current, clock.instant());
    }

    /** @param inUse gives the time of the snapshot that traffic is carried by, empty while the source has delivered */
    public synchronized void snapshot(Supplier<Optional<Instant>> inUse) {
        snapshot = inUse;
    }

    /** A consistent view of everything. */
    HealthSnapshot now() {
        Instant now = clock.instant();
        List<HealthProblem> others = sources.stream()
                .flatMap(source -> source.problems(now).stream())
                .toList();
        return now(now, others);
    }

    private synchronized HealthSnapshot now(Instant now, List<HealthProblem> others) {
        Map<IpFamily, HealthSnapshot.Family> status = new EnumMap<>(IpFamily.class);
        families.forEach((family, h) -> status.put(family, new HealthSnapshot.Family(h.updated(), !isLate(h, now))));
        boolean alive = status.values().stream().allMatch(HealthSnapshot.Family::healthy);
        boolean synced = !status.isEmpty() && status.values().stream().allMatch(f -> f.lastUpdated() != null);
        List<HealthProblem> problems = new ArrayList<>();
        if (!synced) {
            problems.add(starting());
        } else if (!eligible()) {
            problems.add(ineligible());
        }
        families.forEach((family, h) -> syncProblems(family, h, now, problems));
        problems.addAll(others);
        problems.addAll(objects.list());
        return new HealthSnapshot(now, eligible(), alive, alive && synced, status, problems, snapshot.get());
    }

    /** Everything that is wrong at present. */
    public List<HealthProblem> problems() {
        return now().problems();
    }

    /** Whether no family is late: what the health check node ports of Services report of the proxy. */
    public synchronized boolean isAlive() {
        Instant now = clock.instant();
        return families.values().stream().noneMatch(h -> isLate(h, now));
    }

    private boolean isLate(FamilyHealth family, Instant now) {
        return family.queued() != null && family.queued().plus(timeout).isBefore(now);
    }

    private HealthProblem starting() {
        String what = waitsFor.isEmpty() ? "all Services and EndpointSlices, and the first syncs" : waitsFor;
        return HealthProblem.of(
                ProblemCause.STARTING, "rules", "not in force yet: the process waits for " + what, begun);
    }

    private HealthProblem ineligible() {
        String why = node == null
                ? "the Node is not known"
                : node.deleting() ? "the Node is being deleted" : "the Node has the taint " + SCALE_DOWN_TAINT;
        return HealthProblem.of(
                ProblemCause.NODE_NOT_ELIGIBLE, "Node", why + ", so load balancers should not use it", eligibleSince);
    }

    private void syncProblems(IpFamily family, FamilyHealth h, Instant now, List<HealthProblem> problems) {
        String rules = family.label() + " rules";
        if (h.failing() != null) {
            problems.add(HealthProblem.of(
                    ProblemCause.SYNC_FAILING, rules, "the last sync has failed: " + h.failure(), h.failing()));
        }
        if (h.queued() != null && isLate(h, now)) {
            String message = "changes wait for longer than " + timeout.toSeconds() + " s";
            problems.add(HealthProblem.of(ProblemCause.SYNC_LATE, rules, message, h.queued()));
        }
    }

    private boolean eligible() {
        if (node == null) {
            return !nodeRequired;
        }
        return !node.deleting() && !node.taintKeys().contains(SCALE_DOWN_TAINT);
    }
}
