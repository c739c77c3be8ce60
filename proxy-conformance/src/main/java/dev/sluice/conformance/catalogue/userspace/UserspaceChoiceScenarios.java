// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.HeldConnections;
import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The choice of endpoints in userspace mode: scheduler, weights, slow start, and endpoints that are skipped because
 * connects to them fail.
 */
public final class UserspaceChoiceScenarios {
    static final String SCHEDULER = "sluice.dev/scheduler";
    private static final String SLOW_START = "sluice.dev/slow-start";
    private static final Probe WEB = fromPod("a3").to("web", 80);

    private UserspaceChoiceScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("nature-p2c", "-", "p2c: of two at random the less busy one, by weight")
                        .in(USERSPACE)
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .act("a busy one gets next to nothing", UserspaceChoiceScenarios::ofTwo)
                        .build(),
                scenario(
                                "userspace-scheduler",
                                "-",
                                "another scheduler by annotation leaves connections open; one that there is not is"
                                        + " reported")
                        .in(USERSPACE)
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .given(scheduled("fastest", Map.of("b2", 1, "b3", 1)))
                        .open("first", WEB)
                        .act("it is reported, and the node's own in force", stage -> {
                            NodeState.expectProblem(
                                    stage, "web", SCHEDULER, "'fastest' is no scheduler", "lc is in force");
                            assertThat(explained(stage)).contains("scheduler lc among 2 endpoints");
                        })
                        .given(scheduled("wrr", Map.of("b2", 3, "b3", 1)))
                        .act("the other one is in force", stage -> {
                            assertThat(explained(stage))
                                    .contains("scheduler wrr among 2 endpoints, weights ")
                                    .contains(stage.lab()
                                                    .pod("b2")
                                                    .address(stage.family())
                                                    .withPort(8080) + " 3");
                            assertThat(HeldConnections.count(HeldConnections.call(stage, WEB.times(8))))
                                    .isEqualTo(Map.of("b2", 6, "b3", 2));
                        })
                        .stillOpen("first")
                        .given(scheduled("wrr", Map.of("b2", 0, "b3", 1)))
                        .act(
                                "with weight 0 it gets nothing more",
                                stage -> assertThat(HeldConnections.call(stage, WEB.times(4)))
                                        .containsOnly("b3"))
                        .stillOpen("first")
                        .given(scheduled("wrr", Map.of("b2", 0, "b3", 0)))
                        .act("with weight 0 for all new ones are reset", stage -> {
                            assertThat(stage.calls(WEB.times(3))).containsOnly(new Outcome.Closed());
                            assertThat(ServiceMetrics.refusals(stage, "no-endpoint"))
                                    .isEqualTo(3);
                        })
                        .stillOpen("first")
                        .build(),
                scenario("userspace-slow-start", "-", "a new endpoint gets its share in steps")
                        .in(USERSPACE)
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .act("the first begins with all, the second rises", UserspaceChoiceScenarios::rise)
                        .build(),
                scenario(
                                "ejection",
                                "-",
                                "an endpoint that fails again and again is passed over, and comes back when it answers")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web("b2", "b3", "b4"))
                        .act("b3 refuses", UserspaceChoiceScenarios::ejected)
                        .build(),
                scenario("ejection-panic", "-", "when most endpoints fail none is passed over for it")
                        .in(USERSPACE)
                        .given(http("web")
                                .slice(slice("web", "dead")
                                        .port("", TCP, Lab.DEAD_PORT)
                                        .on("a2", "a3", "a4"))
                                .slice(slice("web", "good").port("", TCP, 8080).on("b2")))
                        .act("one of four answers", UserspaceChoiceScenarios::panic)
                        .build(),
                scenario(
                                "traffic-relayed",
                                "-",
                                "a Service's connections, bytes, connects and open connections are counted")
                        .in(USERSPACE)
                        .given(web("b2", "b3"))
                        .act("calls and held connections", UserspaceChoiceScenarios::counted)
                        .build());
    }

    private static void ofTwo(Stage stage) throws IOException {
        try (HeldConnections held = new HeldConnections(stage)) {
            stage.given(List.of(scheduled("p2c", Map.of("b2", 1))));
            held.open(WEB.times(30));
            stage.given(List.of(scheduled("p2c", Map.of("b2", 1, "b3", 1))));
            Map<String, Integer> counts = HeldConnections.count(held.open(WEB.times(16)));
            stage.note("while b2 had 30: " + counts);
            assertThat(counts.getOrDefault("b3", 0)).isGreaterThan(8);
        }
    }

    /** The slow start takes several times as long as this machine needs to apply a change and read the weights. */
    private static void rise(Stage stage) {
        long begin = System.nanoTime();
        stage.given(List.of(slow("9s", "b2")));
        stage.eventually("b2 has all", () -> weights(stage), Map.of("b2", 10)::equals);
        Duration change = Duration.ofNanos(System.nanoTime() - begin);
        Duration time = Duration.ofSeconds(Math.max(9, change.multipliedBy(8).toSeconds()));
        stage.given(List.of(slow(time.toSeconds() + "s", "b2", "b3")));
        Map<Integer, Integer> seen = new TreeMap<>();
        Attempts.until(time.multipliedBy(2), "b3 has its weight", () -> {
            Map<String, Integer> now = weights(stage);
            seen.merge(now.getOrDefault("b3", 0), 1, Integer::sum);
            return new Observation(seen.containsKey(10), now.toString());
        });
        stage.note("steps seen " + seen.keySet());
        assertThat(seen.keySet()).containsAnyOf(1, 2).hasSizeGreaterThan(4);
        assertThat(HeldConnections.count(HeldConnections.call(stage, WEB.times(10))))
                .isEqualTo(Map.of("b2", 5, "b3", 5));
    }

    private static Map<String, Integer> weights(Stage stage) throws IOException {
        Map<String, Integer> weights = new TreeMap<>();
        for (String pod : List.of("b2", "b3")) {
            int weight = (int) ServiceMetrics.ofPod(stage, "sluice_endpoint_weight", pod);
            if (weight > 0) {
                weights.put(pod, weight);
            }
        }
        return weights;
    }

    private static void ejected(Stage stage) throws IOException {
        LabHost pod = stage.lab().pod("b3");
        String tool = NodeState.tool(stage, "");
        pod.run(tool, "-w", "-A", "INPUT", "-p", "tcp", "--dport", "8080", "-j", "REJECT", "--reject-with", "tcp-reset")
                .orThrow();
        assertThat(HeldConnections.call(stage, WEB.times(12))).containsOnly("b2", "b4");
        assertThat(ServiceMetrics.value(stage, "sluice_service_ejections_total"))
                .isPositive();
        double retries = ServiceMetrics.value(stage, "sluice_service_connect_retries_total");
        assertThat(retries).isBetween(3.0, 5.0);
        assertThat(explained(stage))
                .contains("ejected " + pod.address(stage.family()).withPort(8080));
        stage.note("12 calls: " + (int) retries + " connects retried, "
                + explained(stage).replaceAll(".*, ejected", "ejected"));
        pod.run(tool, "-w", "-F", "INPUT").orThrow();
        List<String> answers = new ArrayList<>();
        stage.eventually("b3 answers again", () -> {
            answers.addAll(HeldConnections.call(stage, WEB.times(3)));
            return answers.contains("b3");
        });
        assertThat(explained(stage)).doesNotContain("ejected");
    }

    private static void panic(Stage stage) throws IOException {
        assertThat(HeldConnections.call(stage, WEB.times(20))).containsOnly("b2");
        assertThat(ServiceMetrics.value(stage, "sluice_service_ejections_total"))
                .isGreaterThanOrEqualTo(2);
        assertThat(ServiceMetrics.refusals(stage, "connect-failed")).isZero();
        stage.note(explained(stage));
    }

    private static void counted(Stage stage) throws IOException {
        HeldConnections.call(stage, WEB.times(6));
        assertThat(ServiceMetrics.value(stage, "sluice_service_connections_total"))
                .isEqualTo(6);
        assertThat(ServiceMetrics.value(stage, "sluice_service_connect_seconds_count"))
                .isEqualTo(6);
        assertThat(ServiceMetrics.value(stage, "sluice_service_connect_seconds_sum"))
                .isBetween(0.00001, 10.0);
        assertThat(ServiceMetrics.value(stage, "sluice_service_bytes_total", "direction=\"in\",", ""))
                .isEqualTo(6 * "hello\n".length());
        assertThat(ServiceMetrics.value(stage, "sluice_service_bytes_total", "direction=\"out\",", ""))
                .isGreaterThan(6 * "pod=b2 port=8080 peer=".length());
        assertThat(stage.daemon()
                        .metric("sluice_userspace_connect_duration_seconds_count")
                        .orElse(0))
                .isGreaterThanOrEqualTo(6);
        try (HeldConnections held = new HeldConnections(stage)) {
            held.open(WEB.times(5));
            for (String pod : List.of("b2", "b3")) {
                int open = held.count().getOrDefault(pod, 0);
                stage.eventually(
                        pod + " has its open connections",
                        () -> ServiceMetrics.ofPod(stage, "sluice_endpoint_active_connections", pod) == open);
            }
            assertThat(ServiceMetrics.value(stage, "sluice_service_active_connections"))
                    .isEqualTo(5);
        }
        stage.eventually("none is open", () -> ServiceMetrics.value(stage, "sluice_service_active_connections") == 0);
    }

    /** The daemon's explanation of the choice for a call from Pod a3. */
    static String explained(Stage stage) throws IOException {
        return stage.daemon()
                .explain(
                        Protocol.TCP,
                        LabAddresses.of("a3", stage.family()),
                        stage.allotment().clusterIp("web"),
                        80,
                        LabAddresses.interfaceTo("a3"))
                .steps()
                .getLast()
                .what();
    }

    private static ServiceTemplate scheduled(String scheduler, Map<String, Integer> weights) {
        return http("web").annotation(SCHEDULER, scheduler).weighted(weights);
    }

    private static ServiceTemplate slow(String time, String... pods) {
        return http("web")
                .annotation(SCHEDULER, "wrr")
                .annotation(SLOW_START, time)
                .on(pods);
    }
}
