// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.http.PageServer;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.kubernetes.EventSink;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The daemon's two HTTP servers: health on one address, metrics and debugging pages on the other.
 *
 * @param keep receives each server before it starts, to close it in the end
 */
public record DaemonServers(Settings settings, EventSink events, UnaryOperator<PageServer> keep) {

    /** @throws ConfigException when an address cannot be had and {@code --bind-address-hard-fail} is set */
    public void serveHealth(HealthState health, MetricsPage metrics) throws ConfigException {
        Optional<InetSocketAddress> address = settings.healthz();
        if (address.isPresent()) {
            serve(
                    new PageServer("healthz", "healthz-bind-address", address.get(), metrics.counted(health.pages())),
                    "FailedToStartProxierHealthcheck");
        }
    }

    /** @throws ConfigException when an address cannot be had and {@code --bind-address-hard-fail} is set */
    public void serveMetrics(MetricsPage metrics, EffectiveConfig effective, ExplainPage explain)
            throws ConfigException {
        PageServer pages = new PageServer(
                "metrics",
                "metrics-bind-address",
                settings.metrics(),
                Map.of(
                        "/metrics", metrics::scrape,
                        "/healthz", () -> PageServer.Page.text(200, "ok"),
                        "/configz", () -> PageServer.Page.json(200, effective.configz()),
                        "/proxyMode",
                                () -> PageServer.Page.text(
                                        200, settings.module().mode().flagValue())));
        serve(pages.with(ExplainPage.PATH, explain::answer), "FailedToStartMetricServer");
    }

    private void serve(PageServer server, String failure) throws ConfigException {
        Optional<String> refusal = keep.apply(server).start();
        if (refusal.isPresent() && settings.bindAddressHardFail()) {
            events.node(EventSink.Type.WARNING, failure, "StartKubeProxy", refusal.get());
            throw new ConfigException(List.of(refusal.get()));
        }
    }
}
