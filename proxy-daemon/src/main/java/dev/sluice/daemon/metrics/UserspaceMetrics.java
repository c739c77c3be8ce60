package dev.sluice.daemon.metrics;

import dev.sluice.userspace.engine.ConnectTimes;
import dev.sluice.userspace.engine.EngineCounters;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.util.function.LongSupplier;

/** What the userspace proxy has carried, read at each scrape. */
final class UserspaceMetrics {
    private static final String PREFIX = "sluice_userspace_";

    private final PrometheusRegistry registry;

    private UserspaceMetrics(PrometheusRegistry registry) {
        this.registry = registry;
    }

    static void register(PrometheusRegistry registry, EngineCounters counters) {
        UserspaceMetrics metrics = new UserspaceMetrics(registry);
        metrics.counter("connections_total", "TCP connections accepted", counters::connectionsAccepted);
        metrics.gauge("connections_active", "TCP connections that are open", counters::connectionsActive);
        metrics.counter(
                "connections_refused_total",
                "Accepted TCP connections that were reset because nothing took them",
                counters::connectionsRefused);
        registry.register((Collector) () -> histogram(counters.connectTimes()));
        metrics.counter("connect_retries_total", "Connect attempts after the first", counters::connectRetries);
        metrics.counter(
                "connections_spliced_total",
                "TCP connections whose bytes the kernel came to move by itself",
                counters::connectionsSpliced);
        metrics.counter("udp_flows_total", "UDP flows opened", counters::flowsOpened);
        metrics.gauge("udp_flows_active", "UDP flows that are open", counters::flowsActive);
        metrics.counter("datagrams_dropped_total", "UDP datagrams dropped", counters::datagramsDropped);
        metrics.counter("bytes_to_endpoints_total", "Bytes given to endpoints", counters::bytesToEndpoints);
        metrics.counter("bytes_to_clients_total", "Bytes given to clients", counters::bytesToClients);
    }

    private static HistogramSnapshot histogram(ConnectTimes times) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i < times.buckets(); i++) {
            buckets.bucket(times.bound(i), times.count(i));
        }
        return HistogramSnapshot.builder()
                .name(PREFIX + "connect_duration_seconds")
                .help("How long it took until an endpoint had taken a connection, retries included")
                .dataPoint(HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(buckets.build())
                        .sum(times.seconds())
                        .build())
                .build();
    }

    private void counter(String name, String help, LongSupplier value) {
        CounterWithCallback.builder()
                .name(PREFIX + name)
                .help(help)
                .callback(point -> point.call((double) value.getAsLong()))
                .register(registry);
    }

    private void gauge(String name, String help, LongSupplier value) {
        GaugeWithCallback.builder()
                .name(PREFIX + name)
                .help(help)
                .callback(point -> point.call((double) value.getAsLong()))
                .register(registry);
    }
}
