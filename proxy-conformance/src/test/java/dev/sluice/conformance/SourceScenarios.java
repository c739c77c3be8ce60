// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Outcome;
import java.time.Duration;
import java.util.List;

/** An API server that is late, incomplete, or without the Node. */
final class SourceScenarios {
    private static final DaemonSetup UNSTARTED = DaemonSetup.DEFAULT.alone().unstarted();

    private SourceScenarios() {}

    static List<Scenario> all() {
        return List.of(
                scenario("api-slices-late", "260, 261", "without the EndpointSlices no rule changes, and old ones work")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("restart while the slices are withheld", SourceScenarios::slicesLate)
                        .build(),
                scenario("api-not-there", "259", "a start before the API server writes no rule and goes on trying")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("no API server", stage -> {
                            stage.session().launch("--master=http://127.0.0.1:9");
                            expectLogged(stage, "cannot be reached");
                            assertThat(rules(stage)).doesNotContain("KUBE-");
                            assertThat(stage.daemon().isAlive()).isTrue();
                        })
                        .build(),
                scenario("api-no-node", "211", "without its Node the proxy works, but is not healthy")
                        .in(IPTABLES)
                        .once()
                        .setup(UNSTARTED)
                        .act("no Node, then one", SourceScenarios::withoutNode)
                        .build());
    }

    private static void slicesLate(Stage stage) {
        stage.session().start();
        stage.given(List.of(web()));
        stage.check(fromPod("a3").to("web", 80), reaches("b2"));
        stage.daemon().terminate(Duration.ofSeconds(20));
        String before = rules(stage);

        stage.session().withhold("endpointslices", true);
        stage.session()
                .write(stage.file(), stage.yaml(List.of(web(), http("later").on("b3"))));
        stage.session().launch();
        expectLogged(stage, "refuses list of endpointslices with HTTP 503");
        // not compared with the daemon's explanation, which is empty before the first sync
        assertThat(stage.calls(fromPod("a3").to("web", 80).times(4)))
                .allSatisfy(outcome -> assertThat(outcome)
                        .isInstanceOfSatisfying(
                                Outcome.Answer.class,
                                answer -> assertThat(answer.pod()).isEqualTo("b2")));
        assertThat(rules(stage)).as("rules while the slices are withheld").isEqualTo(before);

        stage.session().withhold("endpointslices", false);
        stage.session().awaitReady(IpFamily.values());
        stage.check(fromPod("a3").to("later", 80), reaches("b3"));
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b2"));
    }

    private static void withoutNode(Stage stage) throws Exception {
        stage.session().withoutNode();
        stage.session().launch();
        stage.eventually(
                "the first sync",
                () -> stage.daemon()
                                .metric("kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\"IPv6\"}")
                                .orElse(0)
                        > 0);
        assertThat(stage.daemon().healthz().status()).isEqualTo(503);
        assertThat(stage.daemon().healthz().body()).contains("\"nodeEligible\":false,\"healthy\":true");
        assertThat(stage.daemon().health("/livez").status()).isEqualTo(200);
        stage.given(List.of(web()));
        stage.check(fromPod("a3").to("web", 80), reaches("b2"));

        stage.session().node(DaemonSetup.DEFAULT.nodeManifest());
        stage.eventually("200", () -> stage.daemon().healthz().status() == 200);
    }

    /** The rules without counters and dates. */
    private static String rules(Stage stage) {
        return stage.lab()
                .node()
                .run("iptables-save")
                .orThrow()
                .replaceAll("\\[\\d+:\\d+]", "[0:0]")
                .replaceAll("(?m)^#.*\n", "");
    }

    private static void expectLogged(Stage stage, String text) {
        stage.eventually(
                "the log says '" + text + "'", () -> stage.daemon().logText().contains(text));
    }
}
