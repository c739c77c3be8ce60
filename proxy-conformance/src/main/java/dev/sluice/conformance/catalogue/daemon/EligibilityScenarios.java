// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.net.IpFamily.IPV4;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;

/** The health pages when this node should receive no traffic. */
public final class EligibilityScenarios {
    private static final String TAINT =
            "spec:\n  taints: [{key: ToBeDeletedByClusterAutoscaler, effect: NoSchedule, value: \"1\"}]\n";

    private EligibilityScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("node-eligibility", "208, 209, 210, 213", "a node that is to go is not healthy, but alive")
                        .in(IPTABLES)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone())
                        .act("nothing happens: healthy, and up to date", EligibilityScenarios::quiet)
                        .act("tainted by the autoscaler", stage -> {
                            stage.session().node(node().replace("spec:\n", TAINT));
                            expectIneligible(stage);
                        })
                        .act("the taint goes", stage -> {
                            stage.session().node(node());
                            expectStatus(stage, "/healthz", 200);
                        })
                        .act("being deleted", stage -> {
                            stage.session()
                                    .node(node().replace(
                                                    "  labels:\n",
                                                    "  deletionTimestamp: \"2026-01-02T03:04:05Z\"\n  labels:\n"));
                            expectIneligible(stage);
                        })
                        .build(),
                scenario("syncs-fail", "155, 212", "syncs that keep failing make the node unhealthy until they succeed")
                        .in(IPTABLES)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone().unstarted())
                        .act("iptables-restore fails for a while", EligibilityScenarios::failing)
                        .build());
    }

    private static String node() {
        return DaemonSetup.DEFAULT.nodeManifest();
    }

    private static void quiet(Stage stage) throws IOException {
        String first = lastUpdated(stage);
        stage.eventually(
                "lastUpdated goes with the clock", () -> !lastUpdated(stage).equals(first));
        HttpPage page = stage.daemon().healthz();
        Assertions.assertThat(page.status()).isEqualTo(200);
        String now = page.body().replaceFirst(".*\"currentTime\":\"([^\"]+)\".*", "$1");
        Assertions.assertThat(page.body()).startsWith("{\"lastUpdated\":\"" + now + "\"");
    }

    private static String lastUpdated(Stage stage) throws IOException {
        return stage.daemon().healthz().body().replaceFirst("^\\{\"lastUpdated\":\"([^\"]+)\".*", "$1");
    }

    private static void expectIneligible(Stage stage) throws IOException {
        expectStatus(stage, "/healthz", 503);
        Assertions.assertThat(stage.daemon().healthz().body()).contains("\"nodeEligible\":false,\"healthy\":true");
        Assertions.assertThat(stage.daemon().health("/livez").status()).isEqualTo(200);
    }

    private static void expectStatus(Stage stage, String path, int status) {
        stage.eventually(
                path + " says " + status, () -> stage.daemon().health(path).status() == status);
    }

    /** Puts tools into the daemon's path, before the real ones, that fail while a file exists. */
    private static void failing(Stage stage) throws IOException {
        Path tools = stage.session().folder().resolve("failing-tools");
        Path failure = tools.resolve("fail-now");
        Files.createDirectories(tools);
        for (String family : List.of("iptables", "ip6tables")) {
            for (String variant : List.of("", "-nft", "-legacy")) {
                String name = family + variant + "-restore";
                String real = "/usr/sbin/" + name;
                if (Files.exists(Path.of(real))) {
                    Path tool = tools.resolve(name);
                    Files.writeString(
                            tool,
                            "#!/bin/sh\nif [ -e " + failure
                                    + " ]; then cat >/dev/null; echo 'no restore today' >&2; exit 4; fi\nexec " + real
                                    + " \"$@\"\n");
                    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwxr-xr-x"));
                }
            }
        }
        String path = tools + ":" + System.getenv().getOrDefault("PATH", "/usr/sbin:/usr/bin");
        stage.session().launch(Map.of("PATH", path), "--iptables-sync-period=1s");
        stage.session().awaitReady(IPV4);
        stage.given(List.of(checked("a2")));
        stage.eventually("the health check node port is open", () -> ask(stage).status() == 200);

        Files.createFile(failure);
        stage.session()
                .write(
                        stage.file(),
                        stage.yaml(List.of(
                                checked("a2", "b2"),
                                service("more").port(81, 8080).on("b2"))));
        expectStatus(stage, "/healthz", 503);
        expectStatus(stage, "/livez", 503);
        Assertions.assertThat(ask(stage).status()).as("health check node port").isEqualTo(503);
        Assertions.assertThat(ask(stage).body()).contains("\"serviceProxyHealthy\": false", "\"localEndpoints\": 1");
        NodeState.expectLogged(stage, "no restore today");

        Files.delete(failure);
        expectStatus(stage, "/livez", 200);
        expectStatus(stage, "/healthz", 200);
        stage.check(fromPod("a3").to("more", 81), reaches("b2"));
        stage.eventually(
                "failures are counted",
                () -> stage.daemon()
                                .metric("sluice_sync_failures_total{ip_family=\"IPv4\"}")
                                .orElse(0)
                        > 0);
    }

    private static ServiceTemplate checked(String... pods) {
        return web(pods).healthCheck();
    }

    private static HttpPage ask(Stage stage) throws IOException {
        return HttpPage.get(
                stage.lab().client(),
                LabAddresses.secondOfNode(stage.family()),
                stage.allotment().nodePort(ServiceTemplate.healthCheckName("web")),
                "/");
    }
}
