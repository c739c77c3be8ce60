// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.mockito.Mockito.mock;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncLoop;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.DropInTable;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.cli.KubeProxySurface;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.kubernetes.EventSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** docs/drop-in.md says of each page of kube-proxy's whether the running servers have it. */
class DropInPagesTest {
    private final OpenResources resources = new OpenResources();

    @AfterEach
    void stop() {
        resources.close();
    }

    @Test
    void everyPageHasARowWithWhetherItIsServed() throws Exception {
        int health = freePort();
        int metrics = freePort();
        serve(health, metrics);
        DropInTable table = DropInTable.of("## Pages");
        for (KubeProxySurface.Path page : KubeProxySurface.read().pages()) {
            boolean served = status(page.server().equals("health") ? health : metrics, page.path()) != 404;
            table.expect(page.path(), page.server(), served ? "yes" : "no");
        }
        table.verify();
    }

    private void serve(int healthPort, int metricsPort) throws Exception {
        Invocation call = new CommandLineParser(KnownModes.SCHEMA)
                .parse(
                        "--profiling",
                        "--healthz-bind-address=127.0.0.1:" + healthPort,
                        "--metrics-bind-address=127.0.0.1:" + metricsPort);
        Settings settings = SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES);
        MetricsPage metrics = new MetricsPage(true, InstantSource.system());
        DaemonServers servers = new DaemonServers(settings, mock(EventSink.class), resources::keepExclusive);
        servers.serveHealth(
                new HealthState(InstantSource.system(), Duration.ofMinutes(1), Set.of(IpFamily.IPV4)), metrics);
        servers.serveMetrics(
                metrics,
                EffectiveConfig.of(call.values(), settings),
                new ExplainPage(mock(SyncLoop.class), List.of())::answer);
    }

    private static int status(int port, String path) throws IOException, InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path))
                .build();
        try (HttpClient client = HttpClient.newHttpClient()) {
            return client.send(request, HttpResponse.BodyHandlers.discarding()).statusCode();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }
}
