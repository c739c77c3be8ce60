// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import static dev.sluice.daemon.http.JsonText.quote;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The health at one moment.
 *
 * @param nodeEligible whether load balancers should send traffic to this node
 * @param alive whether no family is late
 * @param ready whether, besides, every family has synced once
 * @param problems the objects that are left out
 */
record HealthSnapshot(
        Instant now,
        boolean nodeEligible,
        boolean alive,
        boolean ready,
        Map<IpFamily, HealthSnapshot.Family> status,
        List<Problem> problems) {
    private static final String NEVER = "0001-01-01T00:00:00Z";
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.nnnnnnnnn'Z'").withZone(ZoneOffset.UTC);

    /** One family. */
    record Family(@Nullable Instant lastUpdated, boolean healthy) {}

    /** The body of {@code /healthz}: kube-proxy's keys in kube-proxy's order, and the problems if there are any. */
    String healthzJson() {
        boolean ok = ready && nodeEligible;
        return "{" + head(ok) + ",\"nodeEligible\":" + nodeEligible + tail(ready) + problemsJson() + "}";
    }

    /** The body of {@code /livez}. */
    String livezJson() {
        return "{" + head(alive) + tail(alive) + "}";
    }

    private String head(boolean ok) {
        Instant latest = status.values().stream()
                .map(Family::lastUpdated)
                .filter(Objects::nonNull)
                .max(Instant::compareTo)
                .orElse(null);
        return "\"lastUpdated\":" + time(ok ? now : latest) + ",\"currentTime\":" + time(now);
    }

    private String tail(boolean healthy) {
        String families = status.entrySet().stream()
                .map(e -> quote(e.getKey().label()) + ":{\"lastUpdated\":"
                        + time(e.getValue().lastUpdated()) + ",\"healthy\":"
                        + e.getValue().healthy() + "}")
                .collect(Collectors.joining(","));
        return ",\"healthy\":" + healthy + (families.isEmpty() ? "" : ",\"status\":{" + families + "}");
    }

    private String problemsJson() {
        if (problems.isEmpty()) {
            return "";
        }
        return problems.stream()
                .map(p -> "{\"object\":" + quote(p.object().toString()) + ",\"field\":" + quote(p.field())
                        + ",\"message\":" + quote(p.message()) + "}")
                .collect(Collectors.joining(",", ",\"problems\":[", "]"));
    }

    private static String time(@Nullable Instant instant) {
        return quote(instant == null ? NEVER : TIME.format(instant));
    }
}
