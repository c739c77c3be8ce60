// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.conntrack.CleaningListener;
import dev.sluice.daemon.conntrack.DeletionCause;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Histogram;
import java.time.Duration;
import java.util.Map;

/** The metrics of the conntrack clean-up: kube-proxy's two, and Sluice's own with the reason. */
final class ConntrackMetrics implements CleaningListener {
    private final Histogram duration;
    private final Counter entries;
    private final Counter flows;
    private final Counter failures;

    ConntrackMetrics(CollectorFactory names) {
        duration = names.histogram(
                "kubeproxy_conntrack_reconciler_sync_duration_seconds",
                "Latency of cleaning connection tracking, in seconds",
                Buckets.SYNC);
        entries = names.counter(
                "kubeproxy_conntrack_reconciler_deleted_entries_total",
                "Entries of connection tracking that were deleted",
                "ip_family");
        flows = names.counter(
                "sluice_conntrack_deleted_flows_total",
                "Stale conntrack entries that were deleted, by reason",
                "reason",
                "protocol",
                "ip_family");
        failures = names.counter(
                "sluice_conntrack_failures_total",
                "Sweeps of connection tracking that failed; the next sync repeats them",
                "ip_family");
    }

    @Override
    public void cleaned(IpFamily family, Map<DeletionCause, Integer> deleted, Duration took) {
        failures.initLabelValues(family.label()); // else the first failure were no increase to Prometheus
        duration.labelValues(family.label()).observe(took.toNanos() / 1e9);
        entries.labelValues(family.label())
                .inc(deleted.values().stream().mapToInt(n -> n).sum());
        deleted.forEach((cause, count) -> flows.labelValues(
                        cause.reason().label(), cause.protocol().lowerCase(), family.label())
                .inc(count));
    }

    @Override
    public void failed(IpFamily family) {
        failures.labelValues(family.label()).inc();
    }
}
