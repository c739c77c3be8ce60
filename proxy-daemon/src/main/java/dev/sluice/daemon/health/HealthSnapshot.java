// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import static dev.sluice.daemon.http.JsonText.quote;

import dev.sluice.core.net.IpFamily;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The health at one moment.
 *
 * @param nodeEligible whether load balancers should send traffic to this node
 * @param alive whether no family is late
 * @param ready whether, besides, every family has synced once
 * @param problems what is wrong, whether or not it counts
 * @param fromSnapshot the time of the snapshot that traffic is carried by, empty while the source has delivered
 */
record HealthSnapshot(
        Instant now,
        boolean nodeEligible,
        boolean alive,
        boolean ready,
        Map<IpFamily, HealthSnapshot.Family> status,
        List<HealthProblem> problems,
        Optional<Instant> fromSnapshot) {
    private static final String NEVER = "0001-01-01T00:00:00Z";

    /** One family. */
    record Family(@Nullable Instant lastUpdated, boolean healthy) {}

    /** Whether {@code /healthz} is 200: what kube-proxy means by it, problems or not. */
    boolean isHealthy() {
        return ready && nodeEligible;
    }

    /** Whether {@code /livez} is 200: the process can still do its work. */
    boolean canWork() {
        return alive && problems.stream().noneMatch(HealthProblem::fatal);
    }

    /** The body of {@code /healthz}: kube-proxy's keys in kube-proxy's order, and the problems if there are any. */
    String healthzJson() {
        return "{" + head(isHealthy()) + ",\"nodeEligible\":" + nodeEligible + tail(ready) + snapshotJson()
                + problemsJson(problem -> true) + "}";
    }

    /** The body of {@code /livez}. */
    String livezJson() {
        return "{" + head(canWork()) + tail(canWork()) + problemsJson(HealthProblem::fatal) + "}";
    }

    private String head(boolean ok) {
        Instant latest = status.values().stream()
                .map(Family::lastUpdated)
                .filter(Objects::nonNull)
                .max(Instant::compareTo)
                .orElse(null);
        return "\"lastUpdated\":" + quoted(ok ? now : latest) + ",\"currentTime\":" + quoted(now);
    }

    private String tail(boolean healthy) {
        String families = status.entrySet().stream()
                .map(e -> quote(e.getKey().label()) + ":{\"lastUpdated\":"
                        + quoted(e.getValue().lastUpdated()) + ",\"healthy\":"
                        + e.getValue().healthy() + "}")
                .collect(Collectors.joining(","));
        return ",\"healthy\":" + healthy + (families.isEmpty() ? "" : ",\"status\":{" + families + "}");
    }

    private String problemsJson(Predicate<HealthProblem> which) {
        String list = problems.stream().filter(which).map(HealthProblem::json).collect(Collectors.joining(","));
        return list.isEmpty() ? "" : ",\"problems\":[" + list + "]";
    }

    private String snapshotJson() {
        return fromSnapshot
                .map(written -> ",\"fromSnapshot\":{\"written\":" + quoted(written) + ",\"ageSeconds\":"
                        + Math.max(0, Duration.between(written, now).toSeconds()) + "}")
                .orElse("");
    }

    private static String quoted(@Nullable Instant instant) {
        return quote(instant == null ? NEVER : HealthProblem.time(instant));
    }
}
