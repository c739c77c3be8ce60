// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ThreadLocalRandom;
import org.assertj.core.api.Assertions;

/** The metrics server, and the rate of syncs. */
public final class MetricScenarios {
    private static final String SYNCS = "kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}";
    private static final String PENDING = "kubeproxy_sync_proxy_rules_endpoint_changes_pending";
    private static final String TRIGGER_TIME = "endpoints.kubernetes.io/last-change-trigger-time";
    private static final double LEAST_PERIOD = 1.5;

    private MetricScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("metrics-server-pages", "224, 225, 231", "the metrics server's other pages")
                        .in(IPTABLES)
                        .once()
                        .act("pages", stage -> {
                            Assertions.assertThat(
                                            stage.daemon().page("/healthz").body())
                                    .isEqualTo("ok");
                            HttpPage configz = stage.daemon().page("/configz");
                            Assertions.assertThat(configz.headers().toLowerCase(Locale.ROOT))
                                    .contains("content-type: application/json", "x-content-type-options: nosniff");
                            Assertions.assertThat(configz.body())
                                    .startsWith("{\"kubeproxy.config.k8s.io\":{")
                                    .contains(
                                            "\"apiVersion\":\"kubeproxy.config.k8s.io/v1alpha1\"",
                                            "\"kind\":\"KubeProxyConfiguration\"",
                                            "\"mode\":\"iptables\"",
                                            "\"clusterCIDR\":\"10.244.0.0/16,fd00:244::/32\"");
                            Assertions.assertThat(
                                            stage.daemon().page("/debug/pprof/").status())
                                    .isEqualTo(404);
                        })
                        .build(),
                scenario(
                                "metrics",
                                "70, 226, 227, 228, 229, 230, 257",
                                "kube-proxy's metrics, and at most one sync in the least period")
                        .in(IPTABLES, USERSPACE, NFTABLES) // the daemon starts slowly in the virtual machine
                        .once()
                        .setup(DaemonSetup.DEFAULT
                                .with("--iptables-min-sync-period=1500ms", "--ipvs-min-sync-period=1500ms")
                                .alone())
                        .act("latency from the cause to the kernel", MetricScenarios::latency)
                        .act("a burst of changes", MetricScenarios::burst)
                        .act("policies without a local endpoint", MetricScenarios::withoutLocal)
                        .act("every name", MetricScenarios::names)
                        .build());
    }

    private static void latency(Stage stage) throws IOException {
        String count = "kubeproxy_network_programming_duration_seconds_count{ip_family=\"IPv4\"}";
        stage.given(List.of(triggered("2020-01-02T03:04:05Z", "b2")));
        Assertions.assertThat(value(stage, count))
                .as("a cause before the start")
                .isZero();
        Instant cause = Instant.now();
        stage.given(List.of(triggered(cause.toString(), "b2", "b3")));
        stage.eventually("one observation", () -> value(stage, count) == 1);
        double passed = Duration.between(cause, Instant.now()).toMillis() / 1e3;
        Assertions.assertThat(value(stage, "kubeproxy_network_programming_duration_seconds_sum{ip_family=\"IPv4\"}"))
                .as("latency")
                .isGreaterThan(0)
                .isLessThanOrEqualTo(passed);
    }

    /** Each change is another endpoint, so no sync is empty. */
    private static void burst(Stage stage) throws IOException {
        double before = value(stage, SYNCS);
        long start = System.nanoTime();
        write(stage, "b4");
        stage.eventually("a sync", () -> value(stage, SYNCS) > before);
        // by turns, a reader of each twentieth version would see the same one again and again
        List<String> pods = LabAddresses.REMOTE_PODS;
        stage.eventually("a change that waits", () -> {
            write(stage, pods.get(ThreadLocalRandom.current().nextInt(pods.size())));
            return value(stage, PENDING) > 0;
        });
        for (int i = 0; i < 25; i++) {
            write(stage, i % 2 == 0 ? "b4" : "b3");
            value(stage, PENDING);
        }
        write(stage, "a2");
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("a2"));
        double syncs = value(stage, SYNCS) - before;
        double seconds = (System.nanoTime() - start) / 1e9;
        Assertions.assertThat(syncs).as("syncs in " + seconds + " s").isBetween(1.0, seconds / LEAST_PERIOD + 1);
        stage.eventually("nothing waits any more", () -> value(stage, PENDING) == 0);
        if (stage.mode() != ProxyMode.IPVS) {
            Assertions.assertThat(
                            value(stage, "kubeproxy_sync_full_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"))
                    .as("full syncs")
                    .isPositive();
            Assertions.assertThat(value(
                            stage, "kubeproxy_sync_partial_proxy_rules_duration_seconds_count{ip_family=\"IPv4\"}"))
                    .as("partial syncs")
                    .isPositive();
        }
    }

    private static void write(Stage stage, String pod) {
        stage.session().write(stage.file(), stage.yaml(List.of(triggered("", pod))));
    }

    private static void withoutLocal(Stage stage) {
        stage.given(List.of(
                http("inner").on("b2").spec("internalTrafficPolicy", "Local"),
                http("outer").on("b2").healthCheck(),
                http("both").on("a2", "b2").healthCheck().spec("internalTrafficPolicy", "Local"),
                http("empty").healthCheck()));
        for (String policy : List.of("internal", "external")) {
            stage.eventually(
                    policy + ": one",
                    () -> value(
                                    stage,
                                    "kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=\"IPv4\",traffic_policy=\""
                                            + policy + "\"}")
                            == 1);
        }
    }

    private static void names(Stage stage) throws IOException {
        List<String> names = new ArrayList<>(List.of(
                "kubeproxy_sync_proxy_rules_duration_seconds_bucket{ip_family=",
                "kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=",
                "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family=",
                "kubeproxy_network_programming_duration_seconds_bucket{ip_family=",
                "kubeproxy_sync_proxy_rules_endpoint_changes_pending ",
                "kubeproxy_sync_proxy_rules_endpoint_changes_total ",
                "kubeproxy_sync_proxy_rules_service_changes_pending ",
                "kubeproxy_sync_proxy_rules_service_changes_total ",
                "kubeproxy_sync_proxy_rules_no_local_endpoints_total{ip_family=",
                "kubeproxy_proxy_healthz_total{code=\"200\"}"));
        if (stage.mode() == IPTABLES) {
            names.addAll(List.of(
                    "kubeproxy_sync_full_proxy_rules_duration_seconds_bucket{ip_family=",
                    "kubeproxy_sync_partial_proxy_rules_duration_seconds_bucket{ip_family=",
                    "kubeproxy_sync_proxy_rules_iptables_total{ip_family=\"IPv6\",table=\"nat\"}",
                    "kubeproxy_sync_proxy_rules_iptables_total{ip_family=\"IPv4\",table=\"filter\"}",
                    "kubeproxy_sync_proxy_rules_iptables_last{ip_family=\"IPv6\",table=\"nat\"}",
                    "kubeproxy_sync_proxy_rules_iptables_last{ip_family=\"IPv4\",table=\"filter\"}"));
        }
        Assertions.assertThat(stage.daemon().metrics()).contains(names);
    }

    private static double value(Stage stage, String series) throws IOException {
        return stage.daemon().metric(series).orElse(0);
    }

    private static ServiceTemplate triggered(String triggerTime, String... pods) {
        var slice = slice("web", "s0").port("", TCP, 8080).on(pods);
        return http("web").slice(triggerTime.isEmpty() ? slice : slice.annotation(TRIGGER_TIME, triggerTime));
    }
}
