// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.FeatureGates;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.debug.ProfilingPages;
import dev.sluice.daemon.debug.StatusPages;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.health.HealthPages;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.PageServer;
import dev.sluice.daemon.http.Request;
import dev.sluice.daemon.metrics.HealthCheckMetrics;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.daemon.metrics.ProcessMetrics;
import dev.sluice.kubernetes.EventSink;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/**
 * The daemon's two HTTP servers: health on one address, metrics and debugging pages on the other.
 *
 * @param keep receives each server before it starts, to close it in the end
 */
public record DaemonServers(Settings settings, EventSink events, UnaryOperator<PageServer> keep) {

    /** @throws ConfigException when an address cannot be bound and {@code --bind-address-hard-fail} is set */
    public void serveHealth(HealthState health, MetricsPage metrics) throws ConfigException {
        Optional<InetSocketAddress> address = settings.healthz();
        if (address.isPresent()) {
            PageServer pages = new PageServer("healthz", "healthz-bind-address", address.get());
            serve(pages.pages(metrics.counted(new HealthPages(health).byPath())), "FailedToStartProxierHealthcheck");
        }
    }

    /**
     * The same for the metrics server.
     *
     * @param explain the page of that name
     */
    public void serveMetrics(MetricsPage metrics, EffectiveConfig effective, Function<Request, Page> explain)
            throws ConfigException {
        String mode = settings.module().mode().flagValue();
        PageServer pages = new PageServer("metrics", "metrics-bind-address", settings.metrics())
                .page("/healthz", request -> ping(request, metrics.healthChecks()))
                .page("/healthz/ping", request -> Page.text(200, "ok"))
                .page("/proxyMode", request -> Page.text(200, mode))
                .slowPage("/metrics", request -> metrics.scrape(request.header("Accept")))
                .slowPage("/metrics/slis", metrics.healthChecks()::answer)
                .slowPage("/configz", request -> Page.json(200, effective.configz()))
                .slowPage(ExplainPage.PATH, explain);
        addStatus(pages, effective);
        if (settings.profiling()) {
            ProfilingPages.install(pages);
        }
        serve(pages, "FailedToStartMetricServer");
    }

    /** kube-proxy's check of its metrics server, which lists its parts when it is asked to be verbose. */
    private static Page ping(Request request, HealthCheckMetrics checks) {
        checks.observe("ping", "healthz", true);
        return Page.text(200, request.asks("verbose") ? "[+]ping ok\nhealthz check passed\n" : "ok");
    }

    private void addStatus(PageServer pages, EffectiveConfig effective) {
        StatusPages status = new StatusPages(
                effective.flags(),
                new StatusPages.Versions(Version.text(), Version.KUBERNETES),
                ProcessMetrics.started(),
                InstantSource.system());
        if (settings.featureGates().isOn(FeatureGates.FLAGZ)) {
            pages.page("/flagz", status::flagz);
        }
        if (settings.featureGates().isOn(FeatureGates.STATUSZ)) {
            pages.page("/statusz", request -> status.statusz(request, pages::paths));
        }
    }

    private void serve(PageServer server, String failure) throws ConfigException {
        Optional<String> refusal = keep.apply(server).start();
        if (refusal.isPresent() && settings.bindAddressHardFail()) {
            events.node(EventSink.Type.WARNING, failure, "StartKubeProxy", refusal.get());
            throw new ConfigException(List.of(refusal.get()));
        }
    }
}
