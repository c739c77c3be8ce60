// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.Gauge;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The metrics of the sync loop: kube-proxy's, with its names, labels and buckets, and Sluice's own. */
public final class SyncMetrics implements SyncObserver {
    private static final String PREFIX = "kubeproxy_sync_proxy_rules_";

    private final boolean tellsFullFromPartial;
    private final InstantSource clock;
    private final Histogram duration;
    private final Histogram fullDuration;
    private final Histogram partialDuration;
    private final Histogram networkProgramming;
    private final Gauge lastTimestamp;
    private final Gauge lastQueued;
    private final Gauge endpointChangesPending;
    private final Counter endpointChanges;
    private final Gauge serviceChangesPending;
    private final Counter serviceChanges;
    private final Gauge noLocalEndpoints;
    private final Counter restoreFailures;
    private final Counter partialRestoreFailures;
    private final Set<IpFamily> inPartialSync = EnumSet.noneOf(IpFamily.class);
    private final Gauge iptablesRules;
    private final Gauge writtenRules;
    private final Gauge inForce;
    private final Gauge servicePorts;
    private final Gauge endpoints;
    private final Gauge problems;
    private final Counter kernelBytes;
    private final Counter kernelMessages;
    private final Gauge lastBytes;
    private final Counter failures;
    private final Counter defects;

    public SyncMetrics(PrometheusRegistry registry, boolean tellsFullFromPartial, InstantSource clock) {
        this.tellsFullFromPartial = tellsFullFromPartial;
        this.clock = clock;
        CollectorFactory names = new CollectorFactory(registry);
        duration = names.histogram(PREFIX + "duration_seconds", "SyncProxyRules latency in seconds", Buckets.SYNC);
        fullDuration = names.histogram(
                "kubeproxy_sync_full_proxy_rules_duration_seconds", "Latency of full syncs in seconds", Buckets.SYNC);
        partialDuration = names.histogram(
                "kubeproxy_sync_partial_proxy_rules_duration_seconds",
                "Latency of partial syncs in seconds",
                Buckets.SYNC);
        networkProgramming = names.histogram(
                "kubeproxy_network_programming_duration_seconds",
                "Time from the cause of an EndpointSlice change to the rules in the kernel, in seconds",
                Buckets.NETWORK_PROGRAMMING);
        lastTimestamp = names.gauge(PREFIX + "last_timestamp_seconds", "Time of the last successful sync", "ip_family");
        lastQueued =
                names.gauge(PREFIX + "last_queued_timestamp_seconds", "Time of the last request to sync", "ip_family");
        endpointChangesPending =
                names.gauge(PREFIX + "endpoint_changes_pending", "EndpointSlice changes that wait for a sync");
        endpointChanges = names.counter(PREFIX + "endpoint_changes_total", "EndpointSlice events");
        serviceChangesPending = names.gauge(PREFIX + "service_changes_pending", "Service changes that wait for a sync");
        serviceChanges = names.counter(PREFIX + "service_changes_total", "Service events");
        noLocalEndpoints = names.gauge(
                PREFIX + "no_local_endpoints_total",
                "Service ports with a Local policy and no endpoint on this node",
                "traffic_policy",
                "ip_family");
        restoreFailures =
                names.counter(PREFIX + "iptables_restore_failures_total", "Restores that were refused", "ip_family");
        partialRestoreFailures = names.counter(
                PREFIX + "iptables_partial_restore_failures_total",
                "Partial syncs of which a restore was refused; a full one follows at once",
                "ip_family");
        iptablesRules = names.gauge(PREFIX + "iptables_total", "iptables rules in force", "table", "ip_family");
        writtenRules =
                names.gauge(PREFIX + "iptables_last", "iptables rules that the last sync wrote", "table", "ip_family");
        inForce = names.gauge("sluice_in_force", "What the mode has in force, by kind", "kind", "ip_family");
        servicePorts = names.gauge("sluice_service_ports", "Service ports that this node serves", "ip_family");
        endpoints = names.gauge("sluice_endpoints", "Endpoints of all service ports", "ip_family");
        problems = names.gauge(
                "sluice_problems", "Objects or fields left out at present; /healthz names them", "severity");
        kernelBytes = names.counter("sluice_kernel_bytes_total", "Bytes given to the kernel by syncs", "ip_family");
        kernelMessages = names.counter(
                "sluice_kernel_messages_total", "Rules, set elements and netlink messages given by syncs", "ip_family");
        lastBytes =
                names.gauge("sluice_last_sync_kernel_bytes", "Bytes given to the kernel by the last sync", "ip_family");
        failures = names.counter("sluice_sync_failures_total", "Syncs that did not reach the kernel", "ip_family");
        defects = names.counter("sluice_defects_total", "Errors that nothing expected; the log has their stack traces");
        problems(List.of());
    }

    @Override
    public void started(IpFamily family) {
        queued(family);
        // an increase from nothing to 1 is none to Prometheus, so that the first failure would be missed
        for (Counter counter : List.of(failures, restoreFailures, partialRestoreFailures)) {
            counter.initLabelValues(family.label());
        }
    }

    @Override
    public void queued(IpFamily family) {
        lastQueued.labelValues(family.label()).set(seconds(clock.instant()));
    }

    @Override
    public void serviceEvent(IpFamily family, int pending) {
        serviceChanges.inc();
        serviceChangesPending.set(pending);
    }

    @Override
    public void endpointSliceEvent(IpFamily family, boolean changed) {
        endpointChanges.inc();
        if (changed) {
            endpointChangesPending.inc();
        }
    }

    @Override
    public void begun(IpFamily family, boolean full) {
        if (full) {
            inPartialSync.remove(family);
        } else {
            inPartialSync.add(family);
        }
        serviceChangesPending.set(0);
        endpointChangesPending.set(0);
    }

    @Override
    public void succeeded(Success success) {
        String family = success.family().label();
        observe(family, success.full(), success.duration());
        lastTimestamp.labelValues(family).set(seconds(clock.instant()));
        success.latencies().forEach(l -> networkProgramming.labelValues(family).observe(seconds(l)));
        noLocalEndpoints
                .labelValues("internal", family)
                .set(success.noLocalEndpoints().internal());
        noLocalEndpoints
                .labelValues("external", family)
                .set(success.noLocalEndpoints().external());
        servicePorts.labelValues(family).set(success.portCount());
        endpoints.labelValues(family).set(success.endpointCount());
        kernelBytes.labelValues(family).inc((double) success.report().cost().bytes());
        kernelMessages.labelValues(family).inc((double) success.report().cost().messages());
        lastBytes.labelValues(family).set((double) success.report().cost().bytes());
        success.report().applied().forEach((kind, count) -> count(kind, family, count));
        success.report().written().forEach((kind, rules) -> setRules(writtenRules, kind, family, rules));
    }

    /**
     * A request without a sync after it looks like a proxy that hangs, so this sync counts although there was nothing
     * to do.
     */
    @Override
    public void unchanged(IpFamily family) {
        lastTimestamp.labelValues(family.label()).set(seconds(clock.instant()));
    }

    @Override
    public void repaired(IpFamily of, SyncReport report) {
        String family = of.label();
        kernelBytes.labelValues(family).inc((double) report.cost().bytes());
        kernelMessages.labelValues(family).inc((double) report.cost().messages());
        report.applied().forEach((kind, count) -> count(kind, family, count));
    }

    private void count(ObjectKind kind, String family, long count) {
        inForce.labelValues(kind.label(), family).set((double) count);
        setRules(iptablesRules, kind, family, count);
    }

    private static void setRules(Gauge gauge, ObjectKind kind, String family, long rules) {
        if (kind.table() != null) {
            gauge.labelValues(kind.table(), family).set((double) rules);
        }
    }

    @Override
    public void failed(Failure failure) {
        String family = failure.family().label();
        observe(family, failure.full(), failure.duration());
        failures.labelValues(family).inc();
    }

    /** The kernel refused a restore of iptables rules, within the present sync. */
    void refused(IpFamily family) {
        restoreFailures.labelValues(family.label()).inc();
        if (inPartialSync.remove(family)) {
            partialRestoreFailures.labelValues(family.label()).inc();
        }
    }

    private void observe(String family, boolean full, Duration took) {
        duration.labelValues(family).observe(seconds(took));
        if (tellsFullFromPartial) {
            (full ? fullDuration : partialDuration).labelValues(family).observe(seconds(took));
        }
    }

    @Override
    public void problems(List<Problem> current) {
        for (Problem.Severity severity : Problem.Severity.values()) {
            long count = current.stream().filter(p -> p.severity() == severity).count();
            problems.labelValues(severity.name().toLowerCase(Locale.ROOT)).set((double) count);
        }
    }

    @Override
    public void defect(Throwable cause) {
        defects.inc();
    }

    private static double seconds(Instant instant) {
        return instant.getEpochSecond() + instant.getNano() / 1e9;
    }

    private static double seconds(Duration duration) {
        return duration.toNanos() / 1e9;
    }
}
