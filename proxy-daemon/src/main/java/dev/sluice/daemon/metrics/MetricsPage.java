// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.daemon.conntrack.CleaningListener;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.repair.Repair;
import dev.sluice.kubernetes.api.ApiObserver;
import io.micrometer.core.instrument.Clock;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** The page {@code /metrics}: one registry for kube-proxy's names, Sluice's own and the virtual machine's. */
public final class MetricsPage {
    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusMeterRegistry meters =
            new PrometheusMeterRegistry(PrometheusConfig.DEFAULT, registry, Clock.SYSTEM);
    private final CollectorFactory names = new CollectorFactory(registry);
    private final ConntrackMetrics conntrack = new ConntrackMetrics(names);
    private final SyncMetrics sync;
    private final ExpositionFormatWriter text;
    private final ExpositionFormatWriter openMetrics;
    private final InstantSource clock;

    /** @param tellsFullFromPartial whether full and partial syncs have metrics of their own */
    @SuppressWarnings("MustBeClosed") // lives as long as the process
    public MetricsPage(boolean tellsFullFromPartial, InstantSource clock) {
        this.clock = clock;
        sync = new SyncMetrics(registry, tellsFullFromPartial, clock);
        ExpositionFormats formats = ExpositionFormats.init();
        text = formats.getPrometheusTextFormatWriter();
        openMetrics = formats.getOpenMetricsTextFormatWriter();
        ProcessMetrics.register(registry, clock);
        new JvmMemoryMetrics().bindTo(meters);
        new JvmThreadMetrics().bindTo(meters);
        new JvmGcMetrics().bindTo(meters);
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
        ExpositionFormatWriter writer = openMetrics.accepts(accepted) ? openMetrics : text;
        ByteArrayOutputStream page = new ByteArrayOutputStream(64 << 10);
        try {
            writer.write(page, registry.scrape());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return new Page(200, writer.getContentType(), page.toString(StandardCharsets.UTF_8));
    }

    /** Counts the answers of the health pages by status: {@code kubeproxy_proxy_healthz_total} and the like. */
    public Map<String, Supplier<Page>> counted(Map<String, Supplier<Page>> pages) {
        Map<String, Supplier<Page>> counted = new HashMap<>();
        pages.forEach((path, page) -> {
            Counter answers = names.counter(
                    "kubeproxy_proxy_" + path.substring(1) + "_total", "Answers of " + path + " by status", "code");
            counted.put(path, () -> {
                Page answer = page.get();
                answers.labelValues(Integer.toString(answer.status())).inc();
                return answer;
            });
        });
        return counted;
    }
}
