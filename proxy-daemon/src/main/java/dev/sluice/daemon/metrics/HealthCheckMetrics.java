// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.model.registry.PrometheusRegistry;

/** The page {@code /metrics/slis}: the results of health checks as Kubernetes components count them. */
public final class HealthCheckMetrics {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final Exposition exposition = new Exposition(registry);
    private final Gauge last;
    private final Counter all;

    HealthCheckMetrics() {
        CollectorFactory names = new CollectorFactory(registry);
        last = names.gauge(
                "kubernetes_healthcheck", "This metric records the result of a single healthcheck.", "name", "type");
        all = names.counter(
                "kubernetes_healthchecks_total",
                "This metric records the results of all healthcheck.",
                "name",
                "status",
                "type");
    }

    /**
     * Counts one result.
     *
     * @param name of the check, e.g. {@code ping}
     * @param type the page without its slash, e.g. {@code healthz}
     */
    public void observe(String name, String type, boolean success) {
        last.labelValues(name, type).set(success ? 1 : 0);
        all.labelValues(name, success ? "success" : "error", type).inc();
    }

    /** The metrics as they are now; DELETE resets them. */
    public Page answer(Request request) {
        if (request.method().equals("DELETE")) {
            last.clear();
            all.clear();
            return Page.text(200, "metrics reset\n");
        }
        return exposition.scrape(request.header("Accept"));
    }
}
