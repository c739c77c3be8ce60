// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.mockito.Mockito.mock;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncLoop;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.EffectiveConfig;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.Settings;
import dev.sluice.daemon.config.SettingsReader;
import dev.sluice.daemon.explain.ExplainPage;
import dev.sluice.daemon.health.HealthState;
import dev.sluice.daemon.metrics.MetricsPage;
import dev.sluice.kubernetes.EventSink;
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

/** The daemon's pages, on the ports that its flags name. */
class DaemonServersTest {
    private final HttpClient client = HttpClient.newHttpClient();
    private final OpenResources resources = new OpenResources();
    private final MetricsPage metrics = new MetricsPage(true, InstantSource.system());
    private final HealthState health =
            new HealthState(InstantSource.system(), Duration.ofMinutes(1), Set.of(IpFamily.IPV4));

    @AfterEach
    void stop() {
        resources.close();
    }

    @Test
    void answersAsKubeProxyDoes() throws Exception {
        int port = freePort();
        start("--metrics-bind-address=127.0.0.1:" + port);
        assertThat(get(port, "/healthz").body()).isEqualTo("ok");
        assertThat(get(port, "/healthz/ping").body()).isEqualTo("ok");
        assertThat(get(port, "/healthz?verbose").body()).isEqualTo("[+]ping ok\nhealthz check passed\n");
        assertThat(get(port, "/proxyMode").body()).isEqualTo("iptables");
        assertThat(get(port, "/configz").body()).startsWith("{\"kubeproxy.config.k8s.io\":");
        assertThat(get(port, "/").statusCode()).isEqualTo(404);
        assertThat(get(port, "/debug/pprof/").statusCode()).isEqualTo(404);
        assertThat(get(port, "/debug/flags/v").statusCode()).isEqualTo(404);
        assertThat(get(port, "/metrics/slis").body())
                .contains("kubernetes_healthchecks_total{name=\"ping\",status=\"success\",type=\"healthz\"} 2.0");
        assertThat(get(port, "/flagz").body()).contains("\nproxy-mode=iptables\n", "\noom-score-adj=-999\n");
        assertThat(get(port, "/statusz").body())
                .contains("\nPaths: /configz /debug /flagz /healthz /metrics /proxyMode /statusz\n");
        assertThat(ask("POST", port, "/proxyMode").statusCode()).isEqualTo(200);
        HttpResponse<String> page = get(port, "/metrics");
        assertThat(page.body()).contains("sluice_defects_total");
        assertThat(page.headers().firstValue("Content-Type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        HttpResponse<String> explained = ask("POST", port, "/debug/explain?to=10.96.0.1&port=1");
        assertThat(explained.statusCode()).isEqualTo(405);
        assertThat(explained.headers().firstValue("Allow")).hasValue("GET, HEAD");
    }

    @Test
    void gatesAndProfilingDecideWhichPagesThereAre() throws Exception {
        int port = freePort();
        start(
                "--metrics-bind-address=127.0.0.1:" + port,
                "--profiling",
                "--feature-gates=ComponentFlagz=false,ComponentStatusz=false");
        assertThat(get(port, "/flagz").statusCode()).isEqualTo(404);
        assertThat(get(port, "/statusz").statusCode()).isEqualTo(404);
        assertThat(get(port, "/debug/pprof/").statusCode()).isEqualTo(200);
        assertThat(get(port, "/debug/flags/v").statusCode()).isEqualTo(406);
    }

    @Test
    void healthIsOnAPortOfItsOwn() throws Exception {
        int port = freePort();
        servers("--healthz-bind-address=127.0.0.1:" + port).serveHealth(health, metrics);
        assertThat(get(port, "/livez").statusCode()).isEqualTo(200);
        assertThat(ask("POST", port, "/healthz").statusCode()).isEqualTo(503);
        assertThat(get(port, "/metrics").statusCode()).isEqualTo(404);
        assertThat(metrics.scrape("").body())
                .contains(
                        "kubeproxy_proxy_livez_total{code=\"200\"} 1.0",
                        "kubeproxy_proxy_healthz_total{code=\"503\"} 1.0");
    }

    @Test
    void anAddressThatCannotBeHadEndsTheStartWhereThatIsConfigured() throws Exception {
        try (ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            String taken = "--metrics-bind-address=127.0.0.1:" + holder.getLocalPort();
            assertThatThrownBy(() -> start(taken, "--bind-address-hard-fail"))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("--metrics-bind-address");
            String elsewhere = "--metrics-bind-address=192.0.2.1:" + holder.getLocalPort();
            assertThatThrownBy(() -> start(elsewhere, "--bind-address-hard-fail"))
                    .isInstanceOf(ConfigException.class)
                    .hasMessageContaining("192.0.2.1");
            start(taken);
        }
    }

    private void start(String... flags) throws ConfigException {
        Invocation call = new CommandLineParser(KnownModes.SCHEMA).parse(flags);
        EffectiveConfig effective =
                EffectiveConfig.of(call.values(), settings(call)).withFlags(call.flags());
        ExplainPage explain = new ExplainPage(mock(SyncLoop.class), List.of());
        servers(flags).serveMetrics(metrics, effective, explain::answer);
    }

    private DaemonServers servers(String... flags) throws ConfigException {
        Settings settings = settings(new CommandLineParser(KnownModes.SCHEMA).parse(flags));
        return new DaemonServers(settings, mock(EventSink.class), resources::keepExclusive);
    }

    private static Settings settings(Invocation call) throws ConfigException {
        return SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES);
    }

    private HttpResponse<String> get(int port, String path) throws Exception {
        return ask("GET", port, path);
    }

    private HttpResponse<String> ask(String method, int port, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + port + path);
        HttpRequest request = HttpRequest.newBuilder(uri)
                .method(method, HttpRequest.BodyPublishers.noBody())
                .build();
        return client.send(request, HttpResponse.BodyHandlers.ofString());
    }

    private static int freePort() throws Exception {
        try (ServerSocket probe = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return probe.getLocalPort();
        }
    }
}
