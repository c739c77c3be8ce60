// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.iptables;

import static dev.sluice.conformance.scenario.EndpointTemplate.crowd;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.RestoreSpy;
import java.util.List;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;

/** The input of iptables-restore, and the handling of its failures. */
public final class RestoreScenarios {
    private static final DaemonSetup OWN_START = DaemonSetup.DEFAULT.alone().unstarted();
    private static final String FAILURES = "kubeproxy_sync_proxy_rules_iptables_restore_failures_total";
    private static final String PARTIAL_FAILURES = "kubeproxy_sync_proxy_rules_iptables_partial_restore_failures_total";

    private RestoreScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("large-cluster", "152, 153", "above a thousand endpoints rules of endpoints have no comments")
                        .in(IPTABLES)
                        .setup(OWN_START)
                        .act("a thousand endpoints", stage -> {
                            startWith(stage, 999);
                            expectComments(stage, true);
                        })
                        .act("one more", stage -> {
                            stage.daemon().kill();
                            startWith(stage, 1000);
                            expectComments(stage, false);
                        })
                        .build(),
                scenario("one-change", "154", "a change of one Service gives iptables-restore its own chains only")
                        .in(IPTABLES)
                        .setup(OWN_START)
                        .act("one of three Services changes", RestoreScenarios::changeOne)
                        .build(),
                scenario(
                                "refused-once",
                                "155, trap 42",
                                "a change that is refused once comes into force by a full sync")
                        .in(IPTABLES)
                        .setup(OWN_START)
                        .act("a restore fails", stage -> refused(stage, 1))
                        .build(),
                scenario(
                                "refused-longer",
                                "155",
                                "when the full sync is refused too, the next one comes within the sync period")
                        .in(IPTABLES)
                        .setup(OWN_START.with("--iptables-sync-period=1s"))
                        .act("restores fail", stage -> refused(stage, 4))
                        .build());
    }

    /** Applies a Service with {@code others} endpoints beside one with a single endpoint. */
    private static void startWith(Stage stage, int others) {
        EndpointTemplate[] crowd =
                IntStream.range(0, others).mapToObj(i -> crowd(i)).toArray(EndpointTemplate[]::new);
        stage.session()
                .write(stage.file(), stage.yaml(List.of(web(), http("big").on(crowd))));
        stage.session().start();
        stage.check(fromPod("a3").to("web", 80), reaches("b2"));
        NodeState.expectAnswersOf("b5", stage, fromPod("a3").to("big", 80).times(5));
    }

    private static void expectComments(Stage stage, boolean expected) {
        String name = stage.allotment().namespace() + "/web";
        List<String> rules = NodeState.rulesOfFamily(stage).lines().toList();
        Assertions.assertThat(rules)
                .as("the dispatch rule has a comment")
                .anyMatch(l -> l.startsWith("-A KUBE-") && l.contains(name + " cluster IP"));
        Assertions.assertThat(rules.stream().anyMatch(l -> l.startsWith("-A KUBE-SVC-") && l.contains(name + " -> ")))
                .as("the rule that chooses the endpoint has a comment")
                .isEqualTo(expected);
        Assertions.assertThat(rules.stream().anyMatch(l -> l.startsWith("-A KUBE-SEP-") && l.contains(name)))
                .as("the rules of the endpoint have comments")
                .isEqualTo(expected);
    }

    private static RestoreSpy spiedStart(Stage stage) {
        RestoreSpy spy = new RestoreSpy(stage.session().folder().resolve("spy"));
        stage.session().start(spy.environment());
        stage.given(List.of(web(), other(), third()));
        stage.check(fromPod("a3").to("web", 80), reaches("b2"));
        return spy;
    }

    private static void changeOne(Stage stage) {
        RestoreSpy spy = spiedStart(stage);
        Assertions.assertThat(String.join("\n", spy.takeInputs(stage.family())))
                .contains(stage.allotment().namespace() + "/other");
        stage.given(List.of(web("b3"), other(), third()));
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b3"));
        String given = String.join("\n", spy.takeInputs(stage.family()));
        Assertions.assertThat(given)
                .contains(stage.allotment().namespace() + "/web")
                .doesNotContain(stage.allotment().namespace() + "/other")
                .doesNotContain(stage.allotment().namespace() + "/third")
                .doesNotContain(":KUBE-MARK-MASQ")
                .doesNotContain(":KUBE-SERVICES");
        Assertions.assertThat(given.lines()).as("lines for one changed Service").hasSizeLessThan(60);
    }

    private static void refused(Stage stage, int times) throws Exception {
        RestoreSpy spy = spiedStart(stage);
        double failures = counter(stage, FAILURES);
        double partial = counter(stage, PARTIAL_FAILURES);
        spy.refuse(stage.family(), times);
        stage.given(List.of(web("b3"), other(), third()));
        stage.eventually("all refusals have happened", () -> spy.hasRefused(stage.family()));
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b3"));
        stage.check(fromPod("a3").to("other", 80).times(4), reaches("a2"));
        stage.eventually("failures are counted", () -> counter(stage, FAILURES) > failures);
        stage.eventually("a partial failure is counted", () -> counter(stage, PARTIAL_FAILURES) > partial);
        stage.eventually("the daemon is healthy", () -> stage.daemon().healthz().status() == 200);
    }

    private static double counter(Stage stage, String name) throws Exception {
        return stage.daemon()
                .metric(name + "{ip_family=\"" + stage.family().label() + "\"}")
                .orElse(0);
    }

    private static ServiceTemplate other() {
        return http("other").on("a2");
    }

    private static ServiceTemplate third() {
        return http("third").on("b2", "b4");
    }
}
