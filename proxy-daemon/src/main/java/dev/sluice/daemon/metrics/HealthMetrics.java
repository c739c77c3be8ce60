// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.daemon.health.HealthProblem;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.health.ProblemCause;
import dev.sluice.daemon.restart.ConfigStatus;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.util.Map;
import java.util.stream.Collectors;

/** What the health pages tell, as metrics that are read at each scrape. */
final class HealthMetrics {
    private HealthMetrics() {}

    /** Every cause has its series, so that an alert can tell 0 from unknown. */
    static void problems(PrometheusRegistry registry, HealthState health) {
        GaugeWithCallback.builder()
                .name("sluice_health_problems")
                .help("What is wrong at present, by cause; /healthz has the messages")
                .labelNames("cause")
                .callback(point -> {
                    Map<ProblemCause, Long> counts = health.problems().stream()
                            .collect(Collectors.groupingBy(HealthProblem::cause, Collectors.counting()));
                    for (ProblemCause cause : ProblemCause.values()) {
                        point.call(counts.getOrDefault(cause, 0L), cause.label());
                    }
                })
                .register(registry);
    }

    static void configuration(PrometheusRegistry registry, ConfigStatus status) {
        GaugeWithCallback.builder()
                .name("sluice_config_last_reload_successful")
                .help("1 while the configuration file can be used, 0 while it has changed to an invalid one")
                .callback(point -> point.call(status.isUsable() ? 1 : 0))
                .register(registry);
        GaugeWithCallback.builder()
                .name("sluice_config_last_reload_success_timestamp_seconds")
                .help("Time at which the configuration in use was read")
                .callback(point -> point.call((double) status.loaded().getEpochSecond()))
                .register(registry);
        GaugeWithCallback.builder()
                .name("sluice_config_hash")
                .help("1, with the SHA-256 of the configuration file in use")
                .labelNames("hash")
                .callback(point -> point.call(1, status.hash()))
                .register(registry);
    }
}
