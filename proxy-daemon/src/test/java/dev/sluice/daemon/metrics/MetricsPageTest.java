// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.conntrack.StaleReason;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.mode.ModeMetric;
import dev.sluice.core.mode.ModeMetric.Bucket;
import dev.sluice.core.mode.ModeMetric.Distribution;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ReadinessUpdate;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.traffic.EndpointTraffic;
import dev.sluice.core.traffic.PortTraffic;
import dev.sluice.core.traffic.ProxyTraffic;
import dev.sluice.core.traffic.TrafficCounters;
import dev.sluice.core.traffic.TrafficException;
import dev.sluice.core.traffic.TrafficTotals;
import dev.sluice.daemon.cli.CommandLineParser;
import dev.sluice.daemon.cli.Invocation;
import dev.sluice.daemon.config.ConfigException;
import dev.sluice.daemon.config.FeatureGates;
import dev.sluice.daemon.config.KnownModes;
import dev.sluice.daemon.config.SettingsReader;
import dev.sluice.daemon.conntrack.DeletionCause;
import dev.sluice.daemon.http.Page;
import dev.sluice.daemon.http.Request;
import dev.sluice.kubernetes.api.ApiObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class MetricsPageTest {
    private final MetricsPage page = new MetricsPage(true, () -> Instant.ofEpochSecond(1_000_000));

    /** An alert on 0 must be silent where a mode needs no other Nodes. */
    @Test
    void aWatchShowsFromWhenItIsNeeded() {
        ApiObserver api = page.api();
        api.begun(ResourceKind.SERVICE);
        assertThat(lines()).contains("sluice_watch_up{resource=\"services\"} 0.0");
        assertThat(lines()).noneMatch(line -> line.startsWith("sluice_watch_up{resource=\"peers\"}"));
        api.begun(ResourceKind.PEER);
        assertThat(lines()).contains("sluice_watch_up{resource=\"peers\"} 0.0");
        api.watching(ResourceKind.PEER);
        api.heard(ResourceKind.PEER);
        assertThat(lines())
                .contains(
                        "sluice_watch_up{resource=\"peers\"} 1.0",
                        "sluice_watch_last_event_timestamp_seconds{resource=\"peers\"} 1000000.0");
    }

    @Test
    void aSyncIsToldUnderKubeProxysNames() {
        SyncObserver observer = page.observer();
        observer.queued(IpFamily.IPV4);
        observer.succeeded(success(IpFamily.IPV4, true));
        observer.succeeded(success(IpFamily.IPV4, false));
        assertThat(lines())
                .contains(
                        "kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 2",
                        "kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 1",
                        "kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"} 1",
                        "kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.128\"} 2",
                        "kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=\"IPv4\",le=\"16.384\"} 2",
                        "kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv4\"} 1000000.0",
                        "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family=\"IPv4\"} 1000000.0",
                        "kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"0.5\"} 2",
                        "kubeproxy_network_programming_duration_seconds_bucket{ip_family=\"IPv4\",le=\"300.0\"} 2",
                        "kubeproxy_sync_proxy_rules_iptables_total{ip_family=\"IPv4\",table=\"nat\"} 12.0",
                        "kubeproxy_sync_proxy_rules_iptables_last{ip_family=\"IPv4\",table=\"nat\"} 5.0",
                        "kubeproxy_sync_proxy_rules_iptables_last{ip_family=\"IPv4\",table=\"filter\"} 0.0",
                        "kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv4\",traffic_policy=\"internal\"}"
                                + " 1.0",
                        "sluice_kernel_bytes_total{ip_family=\"IPv4\"} 2000.0",
                        "sluice_last_sync_kernel_bytes{ip_family=\"IPv4\"} 1000.0",
                        "sluice_service_ports{ip_family=\"IPv4\"} 3.0");
    }

    /** Prometheus sees no increase where a series begins with 1. */
    @Test
    void failuresAreCountedFromZeroOn() {
        page.observer().started(IpFamily.IPV6);
        page.repairs();
        assertThat(lines())
                .contains(
                        "sluice_sync_failures_total{ip_family=\"IPv6\"} 0.0",
                        "kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv6\"} 0.0",
                        "sluice_rule_repairs_total{ip_family=\"IPv6\",table=\"nat\"} 0.0");
    }

    @Test
    void aRequestThatChangesNothingIsAnsweredToo() {
        SyncObserver observer = page.observer();
        observer.queued(IpFamily.IPV6);
        observer.unchanged(IpFamily.IPV6);
        assertThat(lines())
                .contains("kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv6\"} 1000000.0")
                .doesNotContain("kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv6\"} 1");
    }

    @Test
    void whatServicesHaveCarriedIsReadAtEachScrape() {
        FakeTraffic traffic = new FakeTraffic();
        page.traffic(traffic, new TrafficLimits(1, 1));
        traffic.ports = List.of(port("web", 1000), port("small", 10));
        String web = "ip_family=\"IPv6\",namespace=\"shop\",port=\"http\",protocol=\"tcp\",service=\"web\"}";
        String endpoint = "{endpoint=\"[fd00::1]:8080\"," + web;
        assertThat(lines())
                .contains(
                        "sluice_service_connections_total{" + web + " 4.0",
                        "sluice_service_packets_total{direction=\"in\"," + web + " 30.0",
                        "sluice_service_packets_total{direction=\"out\"," + web + " 20.0",
                        "sluice_service_bytes_total{direction=\"in\"," + web + " 1000.0",
                        "sluice_service_bytes_total{direction=\"out\"," + web + " 2000.0",
                        "sluice_endpoint_active_connections" + endpoint + " 2.0",
                        "sluice_endpoint_inactive_connections" + endpoint + " 1.0",
                        "sluice_endpoint_weight" + endpoint + " 5.0",
                        "sluice_traffic_service_ports_left_out 1.0",
                        "sluice_traffic_endpoints_left_out 1.0")
                .noneMatch(line -> line.contains("service=\"small\""));
        traffic.ports = List.of();
        assertThat(lines())
                .contains("sluice_traffic_service_ports_left_out 0.0")
                .noneMatch(line -> line.startsWith("sluice_service_connections_total"));
    }

    @Test
    void whatOnlyAProxyKnowsIsThereInsteadOfPackets() {
        FakeTraffic traffic = new FakeTraffic();
        page.traffic(traffic, new TrafficLimits(10, 10));
        PortTraffic kernel = port("web", 1000);
        traffic.ports = List.of(new PortTraffic(
                kernel.port(),
                kernel.family(),
                kernel.carried(),
                kernel.endpoints(),
                new ProxyTraffic(
                        3,
                        4,
                        2_500_000_000L,
                        5,
                        6,
                        Map.of("connection-limit", 7L),
                        Map.of("idle", 8L),
                        Map.of("failed", 9L),
                        2)));
        String common = "ip_family=\"IPv6\",namespace=\"shop\",port=\"http\",protocol=\"tcp\",";
        String web = common + "service=\"web\"}";
        assertThat(lines())
                .contains(
                        "sluice_service_connections_total{" + web + " 4.0",
                        "sluice_service_active_connections{" + web + " 3.0",
                        "sluice_service_connect_seconds_count{" + web + " 4",
                        "sluice_service_connect_seconds_sum{" + web + " 2.5",
                        "sluice_service_connect_retries_total{" + web + " 5.0",
                        "sluice_service_ejections_total{" + web + " 6.0",
                        "sluice_service_refusals_total{" + common + "reason=\"connection-limit\",service=\"web\"} 7.0",
                        "sluice_service_expired_connections_total{" + common + "reason=\"idle\",service=\"web\"} 8.0")
                .noneMatch(line -> line.contains("packets_total") || line.contains("inactive"));
    }

    @Test
    void trafficThatCannotBeReadLeavesTheRestOfThePage() {
        FakeTraffic traffic = new FakeTraffic();
        page.traffic(traffic, new TrafficLimits(1, 1));
        traffic.failure = new TrafficException("no IPVS", new IOException());
        assertThat(lines()).contains("sluice_defects_total 0.0").noneMatch(line -> line.startsWith("sluice_traffic_"));
    }

    @Test
    void aLimitOfZeroReadsNothing() {
        FakeTraffic traffic = new FakeTraffic();
        page.traffic(traffic, new TrafficLimits(0, 1000));
        assertThat(lines()).noneMatch(line -> line.startsWith("sluice_traffic_"));
        assertThat(traffic.reads).isZero();
        assertThatThrownBy(() -> new TrafficLimits(-1, 0)).hasMessageContaining(TrafficLimits.PORTS_PROPERTY);
    }

    private static PortTraffic port(String service, long bytes) {
        return new PortTraffic(
                new ServicePortName(new ServiceName("shop", service), "http", Protocol.TCP),
                IpFamily.IPV6,
                new TrafficTotals(4, 30, 20, bytes, 2 * bytes),
                List.of(new EndpointTraffic(IpAddress.of("fd00::1"), 8080, 5, 2, 1)));
    }

    private static final class FakeTraffic implements TrafficCounters {
        private List<PortTraffic> ports = List.of();
        private @Nullable TrafficException failure;
        private int reads;

        @Override
        public List<PortTraffic> read() throws TrafficException {
            reads++;
            if (failure != null) {
                throw failure;
            }
            return ports;
        }

        @Override
        public void close() {}
    }

    @Test
    void flowsAreCountedByReasonAndUnderKubeProxysNames() {
        page.conntrack()
                .cleaned(
                        IpFamily.IPV4,
                        Map.of(
                                new DeletionCause(StaleReason.ENDPOINT_GONE, Protocol.UDP), 2,
                                new DeletionCause(StaleReason.UNTRANSLATED, Protocol.SCTP), 1),
                        Duration.ofMillis(3));
        page.conntrack().failed(IpFamily.IPV6);
        assertThat(lines())
                .contains(
                        "kubeproxy_conntrack_reconciler_deleted_entries_total{ip_family=\"IPv4\"} 3.0",
                        "kubeproxy_conntrack_reconciler_sync_duration_seconds_count{ip_family=\"IPv4\"} 1",
                        "sluice_conntrack_deleted_flows_total{ip_family=\"IPv4\",protocol=\"udp\",reason=\"endpoint-gone\"}"
                                + " 2.0",
                        "sluice_conntrack_deleted_flows_total{ip_family=\"IPv4\",protocol=\"sctp\",reason=\"untranslated\"}"
                                + " 1.0",
                        "sluice_conntrack_failures_total{ip_family=\"IPv6\"} 1.0");
    }

    @Test
    void metricsOfTheModeAreReadAtEachScrape() {
        AtomicReference<OptionalLong> counted = new AtomicReference<>(OptionalLong.empty());
        page.ofMode(List.of(
                new ModeMetric.Counter("sluice_some_packets_total", "Packets", counted::get),
                new ModeMetric.Gauge("sluice_some_open", "What is open", () -> 3),
                new ModeMetric.Histogram(
                        "sluice_some_seconds",
                        "Seconds",
                        () -> new Distribution(
                                List.of(new Bucket(0.5, 2), new Bucket(Double.POSITIVE_INFINITY, 1)), 4.5))));
        assertThat(lines())
                .contains(
                        "sluice_some_open 3.0",
                        "sluice_some_seconds_bucket{le=\"0.5\"} 2",
                        "sluice_some_seconds_bucket{le=\"+Inf\"} 3",
                        "sluice_some_seconds_sum 4.5")
                .noneMatch(line -> line.startsWith("sluice_some_packets_total"));
        counted.set(OptionalLong.of(5));
        assertThat(lines()).contains("sluice_some_packets_total 5.0");
    }

    @Test
    void pendingChangesCountUpAndFallWithTheSync() {
        SyncObserver observer = page.observer();
        observer.endpointSliceEvent(IpFamily.IPV4, true);
        observer.endpointSliceEvent(IpFamily.IPV4, false);
        observer.serviceEvent(IpFamily.IPV4, 1);
        assertThat(lines())
                .contains(
                        "kubeproxy_sync_proxy_rules_endpoint_changes_pending 1.0",
                        "kubeproxy_sync_proxy_rules_endpoint_changes_total 2.0",
                        "kubeproxy_sync_proxy_rules_service_changes_pending 1.0",
                        "kubeproxy_sync_proxy_rules_service_changes_total 1.0");
        observer.begun(IpFamily.IPV4, false);
        assertThat(lines())
                .contains(
                        "kubeproxy_sync_proxy_rules_endpoint_changes_pending 0.0",
                        "kubeproxy_sync_proxy_rules_service_changes_pending 0.0");
    }

    @Test
    void eachRefusedRestoreIsCounted() {
        page.observer().begun(IpFamily.IPV6, false);
        page.refusals().accept(IpFamily.IPV6);
        page.refusals().accept(IpFamily.IPV6);
        page.observer()
                .failed(new SyncObserver.Failure(
                        IpFamily.IPV6, false, Duration.ofMillis(1), new SyncException("refused twice")));
        page.observer().begun(IpFamily.IPV6, true);
        page.refusals().accept(IpFamily.IPV6);
        assertThat(lines())
                .contains(
                        "kubeproxy_sync_proxy_rules_iptables_restore_failures_total{ip_family=\"IPv6\"} 3.0",
                        "kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total{ip_family=\"IPv6\"} 1.0",
                        "sluice_sync_failures_total{ip_family=\"IPv6\"} 1.0");
    }

    @Test
    void problemsAreCountedWhileTheyLast() {
        page.observer().problems(List.of(Problem.skipped(ObjectRef.service(new ServiceName("a", "b")), "", "x")));
        assertThat(lines()).contains("sluice_problems{severity=\"skipped\"} 1.0");
        page.observer().problems(List.of());
        assertThat(lines()).contains("sluice_problems{severity=\"skipped\"} 0.0");
    }

    @Test
    void answersOfHealthPagesAreCountedByStatus() {
        Function<Request, Page> healthz = Objects.requireNonNull(
                page.counted(Map.of("/healthz", _ -> Page.json(503, "{}"))).get("/healthz"));
        Request request = new Request("GET", "/healthz", "", 1, Map.of(), InetAddress.getLoopbackAddress(), "");
        assertThat(healthz.apply(request).status()).isEqualTo(503);
        assertThat(healthz.apply(request).status()).isEqualTo(503);
        assertThat(lines()).contains("kubeproxy_proxy_healthz_total{code=\"503\"} 2.0");
    }

    @Test
    void whoAcceptsOpenMetricsGetsTheSameNamesInIt() {
        page.observer().succeeded(success(IpFamily.IPV4, true));
        Page open = page.scrape("application/openmetrics-text;version=1.0.0;q=0.6,text/plain;version=0.0.4;q=0.3");
        assertThat(open.contentType()).startsWith("application/openmetrics-text; version=1.0.0");
        assertThat(open.body()).endsWith("# EOF\n");
        assertThat(names(open)).isEqualTo(names(page.scrape("")));
        assertThat(page.scrape("*/*").contentType()).startsWith("text/plain; version=0.0.4");
    }

    private static Set<String> names(Page page) {
        return page.body()
                .lines()
                .filter(line -> !line.startsWith("#"))
                .map(line -> line.split("[ {]", 2)[0])
                .collect(Collectors.toCollection(TreeSet::new));
    }

    @Test
    void whatRunsHereIsNamed() throws ConfigException {
        page.build("0.9.0", "1.36.2", gates("ComponentFlagz=false"));
        assertThat(lines())
                .contains(
                        "kubernetes_feature_enabled{name=\"ComponentFlagz\",stage=\"BETA\"} 0.0",
                        "kubernetes_feature_enabled{name=\"ComponentStatusz\",stage=\"BETA\"} 1.0",
                        "kubernetes_feature_enabled{name=\"AllowServiceExternalIPs\",stage=\"\"} 1.0",
                        "sluice_build_info{java_version=\"" + Runtime.version() + "\",version=\"0.9.0\"} 1")
                .anyMatch(line -> line.startsWith("kubernetes_build_info{")
                        && line.contains("git_version=\"v1.36.2\"")
                        && line.contains("major=\"1\",minor=\"36\",platform=\"linux/"));
        assertThat(names(page.scrape("application/openmetrics-text"))).isEqualTo(names(page.scrape("")));
    }

    private static FeatureGates gates(String flag) throws ConfigException {
        Invocation call = new CommandLineParser(KnownModes.SCHEMA).parse("--feature-gates=" + flag);
        return SettingsReader.read(call.values(), call.overrides(), KnownModes.MODULES)
                .featureGates();
    }

    @Test
    void healthChecksHaveAPageOfTheirOwnThatCanBeReset() {
        HealthCheckMetrics checks = page.healthChecks();
        checks.observe("ping", "healthz", true);
        checks.observe("ping", "healthz", true);
        checks.observe("ping", "healthz", false);
        assertThat(checks.answer(request("GET")).body().lines())
                .contains(
                        "kubernetes_healthcheck{name=\"ping\",type=\"healthz\"} 0.0",
                        "kubernetes_healthchecks_total{name=\"ping\",status=\"success\",type=\"healthz\"} 2.0",
                        "kubernetes_healthchecks_total{name=\"ping\",status=\"error\",type=\"healthz\"} 1.0");
        assertThat(checks.answer(request("DELETE")).body()).isEqualTo("metrics reset\n");
        assertThat(checks.answer(request("GET")).body()).doesNotContain("ping");
        assertThat(lines()).noneMatch(line -> line.contains("healthcheck"));
    }

    private static Request request(String method) {
        return new Request(method, "/metrics/slis", "", 1, Map.of(), InetAddress.getLoopbackAddress(), "");
    }

    @Test
    void theProcessTellsItsMemory() {
        assertThat(lines())
                .anyMatch(line -> line.matches("process_resident_memory_bytes [1-9].*"))
                .anyMatch(line -> line.startsWith("jvm_gc_pause_seconds_count{gc="))
                .anyMatch(line -> line.startsWith("jvm_gc_pause_seconds_sum{gc="))
                .anyMatch(line -> line.startsWith("jvm_memory_used_bytes{"));
    }

    @Test
    void theProcessHasTheMetricsOfGosClient() throws IOException {
        double started = value("process_start_time_seconds");
        assertThat(Instant.ofEpochMilli((long) (started * 1000)))
                .isBetween(Instant.now().minus(Duration.ofDays(1)), Instant.now());
        assertThat(value("process_cpu_seconds_total"))
                .isBetween(0.01, Duration.ofDays(1).toSeconds() * 1.0);
        assertThat(value("process_max_fds")).isGreaterThanOrEqualTo(value("process_open_fds"));
        assertThat(value("process_virtual_memory_max_bytes"))
                .isGreaterThanOrEqualTo(value("process_virtual_memory_bytes"));
        double open = value("process_open_fds");
        double received = value("process_network_receive_bytes_total");
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort())) {
            client.getOutputStream().write(new byte[1000]);
            assertThat(value("process_open_fds")).isGreaterThanOrEqualTo(open + 2);
            assertThat(value("process_network_receive_bytes_total")).isGreaterThanOrEqualTo(received + 1000);
            assertThat(value("process_network_transmit_bytes_total")).isGreaterThan(1000);
        }
    }

    private double value(String name) {
        return lines().stream()
                .filter(line -> line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length() + 1)))
                .findFirst()
                .orElseThrow();
    }

    private static SyncObserver.Success success(IpFamily family, boolean full) {
        ObjectKind nat = ObjectKind.rules("iptables.nat.rules", "nat");
        SyncReport report = new SyncReport(
                full,
                new KernelCost(7, 1000),
                List.of(),
                Map.of(nat, 12L),
                Map.of(nat, 5L, ObjectKind.rules("iptables.filter.rules", "filter"), 0L),
                Map.of());
        return new SyncObserver.Success(
                family,
                full,
                report,
                Duration.ofMillis(100),
                List.of(Duration.ofMillis(400)),
                3,
                9,
                new NoLocalEndpoints(1, 0),
                ReadinessUpdate.NONE);
    }

    private List<String> lines() {
        return page.scrape("").body().lines().toList();
    }
}
