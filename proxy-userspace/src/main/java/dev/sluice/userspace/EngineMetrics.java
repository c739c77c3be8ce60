// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.mode.ModeMetric.Bucket;
import dev.sluice.core.mode.ModeMetric.Counter;
import dev.sluice.core.mode.ModeMetric.Distribution;
import dev.sluice.core.mode.ModeMetric.Gauge;
import dev.sluice.core.mode.ModeMetric.Histogram;
import dev.sluice.userspace.engine.ConnectTimes;
import dev.sluice.userspace.engine.EngineCounters;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.IntStream;

/** The counters of the engine as metrics. */
final class EngineMetrics {
    private static final String PREFIX = "sluice_userspace_";

    private EngineMetrics() {}

    static List<ModeMetric> of(EngineCounters counters) {
        return List.of(
                counter("connections_total", "TCP connections accepted", counters::connectionsAccepted),
                gauge("connections_active", "TCP connections that are open", counters::connectionsActive),
                counter(
                        "connections_refused_total",
                        "Accepted TCP connections that were reset because no endpoint accepted them",
                        counters::connectionsRefused),
                new Histogram(
                        PREFIX + "connect_duration_seconds",
                        "Time until an endpoint accepted a connection, retries included",
                        () -> distribution(counters.connectTimes())),
                counter("connect_retries_total", "Connect attempts after the first", counters::connectRetries),
                counter(
                        "connections_spliced_total",
                        "TCP connections that were spliced, so that the kernel moves their bytes",
                        counters::connectionsSpliced),
                counter("udp_flows_total", "UDP flows opened", counters::flowsOpened),
                gauge("udp_flows_active", "UDP flows that are open", counters::flowsActive),
                counter("datagrams_dropped_total", "UDP datagrams dropped", counters::datagramsDropped),
                counter("health_checks_total", "Health checks of endpoints", counters::healthChecks),
                gauge("endpoints_checked", "Endpoints that are checked", counters::endpointsChecked),
                counter("bytes_to_endpoints_total", "Bytes sent to endpoints", counters::bytesToEndpoints),
                counter("bytes_to_clients_total", "Bytes sent to clients", counters::bytesToClients));
    }

    private static Distribution distribution(ConnectTimes times) {
        List<Bucket> buckets = IntStream.range(0, times.buckets())
                .mapToObj(i -> new Bucket(times.bound(i), times.count(i)))
                .toList();
        return new Distribution(buckets, times.seconds());
    }

    private static ModeMetric counter(String name, String help, LongSupplier value) {
        return Counter.of(PREFIX + name, help, value);
    }

    private static ModeMetric gauge(String name, String help, LongSupplier value) {
        return new Gauge(PREFIX + name, help, value);
    }
}
