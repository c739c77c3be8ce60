// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import static dev.sluice.daemon.metrics.TrafficMetrics.count;
import static dev.sluice.daemon.metrics.TrafficMetrics.counter;
import static dev.sluice.daemon.metrics.TrafficMetrics.gauge;
import static dev.sluice.daemon.metrics.TrafficMetrics.value;

import dev.sluice.core.traffic.ProxyTraffic;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot;
import io.prometheus.metrics.model.snapshots.SummarySnapshot.SummaryDataPointSnapshot;
import java.util.List;

/** A collector of the metrics that only a mode with a proxy of its own has, for one scrape. */
final class ProxyTrafficMetrics {
    private final GaugeSnapshot.Builder active =
            gauge("sluice_service_active_connections", "Open connections of a Service, and flows of UDP");
    private final SummarySnapshot.Builder connects = SummarySnapshot.builder()
            .name("sluice_service_connect_seconds")
            .help("How long it took until an endpoint had taken a connection, retries included");
    private final CounterSnapshot.Builder retries =
            counter("sluice_service_connect_retries", "Connect attempts after the first of a connection");
    private final CounterSnapshot.Builder ejections =
            counter("sluice_service_ejections", "Endpoints taken out for a while because connects to them had failed");
    private final CounterSnapshot.Builder checks =
            counter("sluice_service_health_checks", "Health checks of the endpoints of a Service, by result");
    private final GaugeSnapshot.Builder unhealthy = gauge(
            "sluice_service_unhealthy_endpoints", "Endpoints that get no new connections because of health checks");
    private final CounterSnapshot.Builder refusals =
            counter("sluice_service_refusals", "Connections of a Service that no endpoint got");

    private final CounterSnapshot.Builder expired =
            counter("sluice_service_expired_connections", "Connections that a limit of their Service ended");

    void add(Labels labels, ProxyTraffic proxy) {
        active.dataPoint(value(labels, proxy.active()));
        connects.dataPoint(SummaryDataPointSnapshot.builder()
                .labels(labels)
                .count(proxy.connects())
                .sum(proxy.connectNanos() / 1e9)
                .build());
        retries.dataPoint(count(labels, proxy.retries()));
        ejections.dataPoint(count(labels, proxy.ejections()));
        proxy.checks().forEach((result, times) -> checks.dataPoint(count(labels.add("result", result), times)));
        if (!proxy.checks().isEmpty()) {
            unhealthy.dataPoint(value(labels, proxy.unhealthy()));
        }
        proxy.refusals().forEach((reason, times) -> refusals.dataPoint(count(labels.add("reason", reason), times)));
        proxy.expired().forEach((limit, times) -> expired.dataPoint(count(labels.add("reason", limit), times)));
    }

    List<MetricSnapshot> snapshots() {
        return List.of(
                active.build(),
                connects.build(),
                retries.build(),
                ejections.build(),
                checks.build(),
                unhealthy.build(),
                refusals.build(),
                expired.build());
    }
}
