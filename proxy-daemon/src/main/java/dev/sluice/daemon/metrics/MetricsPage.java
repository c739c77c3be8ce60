// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.daemon.config.FeatureGates;
import dev.sluice.daemon.conntrack.CleaningListener;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import dev.sluice.daemon.repair.Repair;
import dev.sluice.daemon.restart.ConfigStatus;
import dev.sluice.kubernetes.api.ApiObserver;
import dev.sluice.kubernetes.snapshot.SnapshotObserver;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.FunctionTimer;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;

/** The page {@code /metrics}: one registry for kube-proxy's names, Sluice's own and the virtual machine's. */
public final class MetricsPage {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusMeterRegistry meters =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, registry, Clock.SYSTEM);
    private final CollectorFactory names = new CollectorFactory(registry);
    private final ConntrackMetrics conntrack = new ConntrackMetrics(names);
    private final SyncMetrics sync;
    private final Exposition exposition = new Exposition(registry);
    private final HealthCheckMetrics healthChecks = new HealthCheckMetrics();
    private final InstantSource clock;

    /** @param tellsFullFromPartial whether full and partial syncs have metrics of their own */
    @SuppressWarnings("MustBeClosed") // lives as long as the process
    public MetricsPage(boolean tellsFullFromPartial, InstantSource clock) {
        this.clock = clock;
        sync = new SyncMetrics(registry, tellsFullFromPartial, clock);
        ProcessMetrics.register(registry);
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        collections();
    }

    /**
     * Adds the collections of garbage. Micrometer's own binder is told of each one, by objects of JMX that take 1 % of
     * the processor of a busy node, and classes of their own at each start.
     */
    private void collections() {
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            FunctionTimer.builder(
                            "jvm.gc.pause",
                            collector,
                            GarbageCollectorMXBean::getCollectionCount,
                            GarbageCollectorMXBean::getCollectionTime,
                            TimeUnit.MILLISECONDS)
                    .description("Time spent in GC pause")
                    .tag("gc", collector.getName())
                    .register(meters);
        }
    }

    /** Feeds the metrics of the sync loop. */
    public SyncObserver observer() {
        return sync;
    }

    /** Counts the restores of iptables rules that are refused. */
    public Consumer<IpFamily> refusals() {
        return sync::refused;
    }

    /** Counts deleted conntrack entries. */
    public CleaningListener conntrack() {
        return conntrack;
    }

    /** Counts repairs of rules. */
    public Repair.Listener repairs() {
        return new RepairMetrics(names);
    }

    /** Measures the connection to the API server. */
    public ApiObserver api() {
        return new ApiMetrics(names, clock);
    }

    /** Adds the problems of {@code health}, by cause. */
    public void problems(HealthState health) {
        HealthMetrics.problems(registry, health);
    }

    /** Adds the configuration file in use. */
    public void configuration(ConfigStatus status) {
        HealthMetrics.configuration(registry, status);
    }

    /** Measures the snapshot of the cluster's state. */
    public SnapshotObserver snapshots() {
        return new SnapshotMetrics(names);
    }

    /** Adds the metrics that only the mode in use has. */
    public void ofMode(List<ModeMetric> metrics) {
        ModeMetrics.register(registry, metrics);
    }

    /** Adds the traffic of Services, unless {@code limits} are 0. */
    public void traffic(TrafficCounters counters, TrafficLimits limits) {
        if (limits.ports() > 0) {
            registry.register(new TrafficMetrics(counters, limits));
        }
    }

    /**
     * All metrics as they are now.
     *
     * @param accepted the request's header {@code Accept}: OpenMetrics for those who ask for it, else Prometheus's text
     */
    public Page scrape(String accepted) {
        return exposition.scrape(accepted);
    }

    /** What {@code /metrics/slis} shows. */
    public HealthCheckMetrics healthChecks() {
        return healthChecks;
    }

    /**
     * Adds what runs here.
     *
     * @param kubernetes the version whose kube-proxy it behaves as, e.g. 1.36.2
     */
    public void build(String version, String kubernetes, FeatureGates gates) {
        BuildMetrics.register(registry, version, kubernetes, gates.states());
    }

    /**
     * Counts the answers of the health pages by status: {@code kubeproxy_proxy_healthz_total} and the like, and as the
     * check {@code proxy} of {@code /metrics/slis}.
     */
    public Map<String, Function<Request, Page>> counted(Map<String, Function<Request, Page>> pages) {
        Map<String, Function<Request, Page>> counted = new HashMap<>();
        pages.forEach((path, page) -> {
            Counter answers = names.counter(
                    "kubeproxy_proxy_" + path.substring(1) + "_total", "Answers of " + path + " by status", "code");
            counted.put(path, request -> {
                Page answer = page.apply(request);
                answers.labelValues(Integer.toString(answer.status())).inc();
                healthChecks.observe("proxy", path.substring(1), answer.status() == 200);
                return answer;
            });
        });
        return counted;
    }
}
