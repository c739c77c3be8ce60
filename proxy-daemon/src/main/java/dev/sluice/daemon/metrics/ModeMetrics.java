// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.mode.ModeMetric;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.Collector;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import java.util.List;

/** The metrics that only one mode has. */
final class ModeMetrics {
    private ModeMetrics() {}

    static void register(PrometheusRegistry registry, List<ModeMetric> metrics) {
        for (ModeMetric metric : metrics) {
            switch (metric) {
                case ModeMetric.Counter counter ->
                    CounterWithCallback.builder()
                            .name(counter.name())
                            .help(counter.help())
                            .callback(point -> counter.value().get().ifPresent(value -> point.call((double) value)))
                            .register(registry);
                case ModeMetric.FamilyCounter counter ->
                    CounterWithCallback.builder()
                            .name(counter.name())
                            .help(counter.help())
                            .labelNames("ip_family")
                            .callback(point -> counter.values()
                                    .forEach((family, value) -> point.call((double) value.getAsLong(), family.label())))
                            .register(registry);
                case ModeMetric.Gauge gauge ->
                    GaugeWithCallback.builder()
                            .name(gauge.name())
                            .help(gauge.help())
                            .callback(point -> point.call((double) gauge.value().getAsLong()))
                            .register(registry);
                case ModeMetric.Histogram histogram -> registry.register((Collector) () -> snapshot(histogram));
            }
        }
    }

    private static HistogramSnapshot snapshot(ModeMetric.Histogram histogram) {
        ModeMetric.Distribution value = histogram.value().get();
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        value.buckets().forEach(bucket -> buckets.bucket(bucket.bound(), bucket.count()));
        return HistogramSnapshot.builder()
                .name(histogram.name())
                .help(histogram.help())
                .dataPoint(HistogramDataPointSnapshot.builder()
                        .classicHistogramBuckets(buckets.build())
                        .sum(value.sum())
                        .build())
                .build();
    }
}
