// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.catalogue.ipvs.SchedulerScenarios.SCHEDULER;
import static dev.sluice.conformance.catalogue.ipvs.SchedulerScenarios.scheduled;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.HeldConnections;
import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.model.Weight;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The annotations of a Service for ipvs mode: scheduler, weights, slow start. */
public final class SchedulerChoiceScenarios {
    private static final String SLOW_START = "sluice.dev/slow-start";
    private static final Probe WEB = fromPod("a3").to("web", 80);

    private SchedulerChoiceScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "scheduler-annotation",
                                "-",
                                "another scheduler by annotation leaves connections open; one that there is not is"
                                        + " reported")
                        .in(IPVS)
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .given(scheduled("fastest", Map.of("b2", 1, "b3", 1)))
                        .open("first", WEB)
                        .act("it is reported, and the default is in force", stage -> {
                            NodeState.expectProblem(
                                    stage, "web", SCHEDULER, "'fastest' is no scheduler", "lc is in force");
                            expectScheduler(stage, "lc");
                        })
                        .given(scheduled("wrr", Map.of("b2", 3, "b3", 1)))
                        .act("the other one is in force", stage -> {
                            expectScheduler(stage, "wrr");
                            assertThat(HeldConnections.count(HeldConnections.call(stage, WEB.times(8))))
                                    .isEqualTo(Map.of("b2", 6, "b3", 2));
                        })
                        .stillOpen("first")
                        .build(),
                scenario(
                                "scheduler-twos",
                                "-",
                                "twos: two at random, the less busy one; reported where the kernel lacks it")
                        .in(IPVS)
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .given(scheduled("twos", Map.of("b2", 1, "b3", 1)))
                        .act("it is there or reported", SchedulerChoiceScenarios::twos)
                        .build(),
                scenario(
                                "bad-weight",
                                "-",
                                "a weight that is none is reported, and 1 holds; the Service's holds for its slices")
                        .in(IPVS)
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .given(weighted("heavy"))
                        .act("weight 1", stage -> {
                            NodeState.expectProblem(stage, "web", Weight.ANNOTATION, "'heavy' is not a weight");
                            expectWeights(stage, Map.of("b2", 1, "b3", 1));
                        })
                        .given(weighted("5"))
                        .act("weight 5", stage -> expectWeights(stage, Map.of("b2", 5, "b3", 5)))
                        .build(),
                scenario("slow-start", "-", "a new endpoint gets its share in steps")
                        .in(IPVS)
                        .once()
                        .setup(DaemonSetup.LEAST_CONNECTION)
                        .act("the first begins with all, the second rises", SchedulerChoiceScenarios::rise)
                        .build(),
                scenario("slow-start-restart", "-", "a restart goes on with a slow start where it was")
                        .in(IPVS)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(slow("10m", "b2"))
                        .given(slow("10m", "b2", "b3"))
                        .act("a restart", stage -> {
                            Map<String, Integer> before = expectWeight(stage, "b2", 10);
                            stage.daemon().kill();
                            stage.session().start();
                            Map<String, Integer> after = expectWeight(stage, "b2", 10);
                            assertThat(after.get("b3"))
                                    .isBetween(before.getOrDefault("b3", 0), before.getOrDefault("b3", 0) + 3);
                            stage.note("before " + before + ", after " + after);
                        })
                        .build());
    }

    private static void twos(Stage stage) {
        if (NodeState.virtualServers(stage.lab().node()).contains(server(stage, "twos"))) {
            Map<String, Integer> counts = HeldConnections.count(HeldConnections.call(stage, WEB.times(20)));
            assertThat(counts).containsOnlyKeys("b2", "b3");
            stage.note(counts.toString());
        } else {
            NodeState.expectProblem(stage, "web", SCHEDULER, "no scheduler twos (module ip_vs_twos)", "lc is in force");
            expectScheduler(stage, "lc");
            assertThat(HeldConnections.call(stage, WEB.times(4))).contains("b2", "b3");
            stage.note("this kernel has no twos");
        }
    }

    /** The slow start takes several times as long as this machine needs to apply a change and read the weights. */
    private static void rise(Stage stage) {
        long begin = System.nanoTime();
        stage.given(List.of(slow("40s", "b2")));
        expectWeights(stage, Map.of("b2", 10));
        Duration change = Duration.ofNanos(System.nanoTime() - begin);
        Duration time = Duration.ofSeconds(Math.max(40, change.multipliedBy(8).toSeconds()));
        stage.given(List.of(slow(time.toSeconds() + "s", "b2", "b3")));
        Map<String, Integer> first = expectWeight(stage, "b2", 10);
        Map<String, Integer> calls = HeldConnections.count(HeldConnections.call(stage, WEB.times(20)));
        stage.note("weights " + first + " and later, of 20 calls " + calls);
        assertThat(first.get("b3")).isBetween(1, 8);
        assertThat(calls.getOrDefault("b3", 0)).isLessThan(calls.getOrDefault("b2", 0));
        Map<Integer, Integer> seen = new TreeMap<>();
        Attempts.until(time.multipliedBy(2), "b3 has its weight", () -> {
            Map<String, Integer> now = weights(stage);
            seen.merge(now.getOrDefault("b3", 0), 1, Integer::sum);
            return new Observation(seen.containsKey(10), now.toString());
        });
        assertThat(seen.size()).isGreaterThan(2);
        Map<String, Integer> then = HeldConnections.count(HeldConnections.call(stage, WEB.times(20)));
        stage.note("steps seen " + seen.keySet() + ", then of 20 calls " + then);
        assertThat(then).isEqualTo(Map.of("b2", 10, "b3", 10));
    }

    private static String server(Stage stage, String scheduler) {
        return "-A -t " + stage.allotment().clusterIp("web").withPort(80) + " -s " + scheduler + "\n";
    }

    private static void expectScheduler(Stage stage, String scheduler) {
        assertThat(NodeState.virtualServers(stage.lab().node())).contains(server(stage, scheduler));
    }

    private static void expectWeights(Stage stage, Map<String, Integer> expected) {
        stage.eventually("weights " + expected, () -> weights(stage), expected::equals);
    }

    private static Map<String, Integer> expectWeight(Stage stage, String pod, int weight) {
        return stage.eventually(
                pod + " has weight " + weight, () -> weights(stage), seen -> seen.getOrDefault(pod, 0) == weight);
    }

    /** The weights that ipvsadm shows, by Pod. A server with weight 0 takes no connections and is left out. */
    private static Map<String, Integer> weights(Stage stage) {
        Map<String, Integer> weights = new TreeMap<>();
        String prefix = "-a -t " + stage.allotment().clusterIp("web").withPort(80) + " -r ";
        for (String line : NodeState.virtualServers(stage.lab().node()).lines().toList()) {
            for (String pod : List.of("b2", "b3")) {
                String address = stage.lab().pod(pod).address(stage.family()).withPort(8080);
                if (line.startsWith(prefix + address + " ") && !line.strip().endsWith(" 0")) {
                    weights.put(pod, Integer.parseInt(line.strip().replaceAll(".* ", "")));
                }
            }
        }
        return weights;
    }

    private static ServiceTemplate weighted(String weight) {
        return http("web").annotation(Weight.ANNOTATION, weight).on("b2", "b3");
    }

    private static ServiceTemplate slow(String time, String... pods) {
        return http("web")
                .annotation(SCHEDULER, "wrr")
                .annotation(SLOW_START, time)
                .on(pods);
    }
}
