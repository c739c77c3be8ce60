// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.HeldConnections;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.conformance.scenario.Step;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;

/** The behaviour of each scheduler, the kernel's and those of other modes, measured with connections. */
public final class SchedulerScenarios {
    static final String SCHEDULER = "sluice.dev/ipvs-scheduler";
    static final String FLAGS = "sluice.dev/ipvs-scheduler-flags";

    /** The schedulers that userspace mode has too. */
    private static final Set<String> COMMON = Set.of("rr", "wrr", "lc", "wlc", "sed", "nq", "dh", "sh");

    /** Those that nftables mode has too. */
    private static final Set<String> HASHES = Set.of("dh", "sh");

    private static final Probe WEB = fromPod("a3").to("web", 80);

    private SchedulerScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                nature("rr", "endpoints take turns, whatever their weights", stage -> {
                    stage.given(List.of(scheduled("rr", Map.of("b2", 1, "b3", 3, "b4", 1))));
                    List<String> pods = called(stage, WEB.times(12));
                    assertThat(HeldConnections.count(pods)).isEqualTo(Map.of("b2", 4, "b3", 4, "b4", 4));
                    for (int i = 0; i + 3 <= pods.size(); i++) {
                        assertThat(pods.subList(i, i + 3)).doesNotHaveDuplicates();
                    }
                }),
                nature("wrr", "turns by weight: 3 to 1", stage -> {
                    stage.given(List.of(scheduled("wrr", Map.of("b2", 3, "b3", 1))));
                    assertThat(HeldConnections.count(called(stage, WEB.times(12))))
                            .isEqualTo(Map.of("b2", 9, "b3", 3));
                }),
                nature("lc", "a busy server gets fewer: none until the other has as many", stage -> {
                    try (HeldConnections held = new HeldConnections(stage)) {
                        stage.given(List.of(scheduled("lc", Map.of("b2", 1))));
                        held.open(WEB.times(5));
                        stage.given(List.of(scheduled("lc", Map.of("b2", 1, "b3", 1))));
                        assertThat(opened(stage, held, 5)).containsOnly("b3");
                        opened(stage, held, 4);
                        assertThat(held.count()).isEqualTo(Map.of("b2", 7, "b3", 7));
                    }
                }),
                nature("wlc", "as many open connections as the weights say: 1 to 2", stage -> {
                    try (HeldConnections held = new HeldConnections(stage)) {
                        stage.given(List.of(scheduled("wlc", Map.of("b2", 1, "b3", 2))));
                        opened(stage, held, 12);
                        assertThat(held.count()).isEqualTo(Map.of("b2", 4, "b3", 8));
                    }
                }),
                nature("sed", "the first connections go to the fastest server, though another is idle", stage -> {
                    try (HeldConnections held = new HeldConnections(stage)) {
                        stage.given(List.of(scheduled("sed", Map.of("b2", 1, "b3", 3))));
                        assertThat(opened(stage, held, 2)).containsOnly("b3");
                        opened(stage, held, 6);
                        assertThat(held.count()).isEqualTo(Map.of("b2", 2, "b3", 6));
                    }
                }),
                nature("nq", "an idle server first, then as sed", stage -> {
                    try (HeldConnections held = new HeldConnections(stage)) {
                        stage.given(List.of(scheduled("nq", Map.of("b2", 1, "b3", 3))));
                        assertThat(opened(stage, held, 2)).containsExactlyInAnyOrder("b2", "b3");
                        opened(stage, held, 6);
                        assertThat(held.count()).isEqualTo(Map.of("b2", 2, "b3", 6));
                    }
                }),
                nature("dh", "a service address has one server for all clients", stage -> {
                    stage.given(List.of(scheduled("dh", Map.of("b2", 1, "b3", 1, "b4", 1))));
                    assertThat(byClient(stage).values().stream().distinct()).hasSize(1);
                }),
                nature("sh", "a client keeps its server", stage -> {
                    stage.given(List.of(scheduled("sh", Map.of("b2", 1, "b3", 1, "b4", 1))));
                    assertThat(byClient(stage).values().stream().distinct()).hasSizeGreaterThan(1);
                }),
                nature("sh-port", "with sh-port a client's ports go to different servers", stage -> {
                    stage.given(
                            List.of(scheduled("sh", Map.of("b2", 1, "b3", 1)).annotation(FLAGS, "sh-port")));
                    assertThat(HeldConnections.count(called(stage, WEB.times(24))))
                            .containsOnlyKeys("b2", "b3");
                }),
                nature(
                        "sh-fallback",
                        "while a server drains its clients fall back to another, without the flag they are refused",
                        SchedulerScenarios::fallback),
                nature("mh", "a client keeps its server when another one goes", stage -> {
                    stage.given(List.of(
                            scheduled("mh", Map.of("b2", 1, "b3", 1, "b4", 1)).annotation(FLAGS, "mh-fallback")));
                    Map<String, String> before = byClient(stage);
                    assertThat(before.values().stream().distinct().count()).isGreaterThan(1);
                    String gone = before.get("a3");
                    Map<String, Integer> rest = new TreeMap<>(Map.of("b2", 1, "b3", 1, "b4", 1));
                    rest.remove(gone);
                    stage.given(List.of(scheduled("mh", rest).annotation(FLAGS, "mh-fallback")));
                    Map<String, String> after = byClient(stage);
                    assertThat(after.values()).doesNotContain(gone);
                    before.forEach((client, pod) -> {
                        if (!pod.equals(gone)) {
                            assertThat(after).containsEntry(client, pod);
                        }
                    });
                }),
                nature("fo", "the heaviest server gets all, the next when it has weight 0", stage -> {
                    stage.given(List.of(scheduled("fo", Map.of("b2", 3, "b3", 1))));
                    assertThat(called(stage, WEB.times(5))).containsOnly("b2");
                    stage.given(List.of(scheduled("fo", Map.of("b2", 0, "b3", 1))));
                    assertThat(called(stage, WEB.times(5))).containsOnly("b3");
                }),
                nature(
                        "ovf",
                        "the heaviest server until it has one connection more than its weight, then the next",
                        stage -> {
                            try (HeldConnections held = new HeldConnections(stage)) {
                                stage.given(List.of(scheduled("ovf", Map.of("b2", 3, "b3", 2))));
                                assertThat(opened(stage, held, 7))
                                        .containsExactly("b2", "b2", "b2", "b2", "b3", "b3", "b3");
                                expectRefused(stage);
                                stage.note("then refused");
                            }
                        }),
                nature("lblc", "an address keeps its server until that is overloaded, then it has another", stage -> {
                    try (HeldConnections held = new HeldConnections(stage)) {
                        stage.given(List.of(scheduled("lblc", Map.of("b2", 2, "b3", 2))));
                        expectLocality(opened(stage, held, 8));
                        assertThat(held.count().values()).containsExactlyInAnyOrder(3, 5);
                    }
                }),
                nature("lblcr", "an address keeps its servers until they are overloaded, then it has more", stage -> {
                    try (HeldConnections held = new HeldConnections(stage)) {
                        stage.given(List.of(scheduled("lblcr", Map.of("b2", 2, "b3", 2))));
                        expectLocality(opened(stage, held, 8));
                        assertThat(held.count().values()).containsExactlyInAnyOrder(4, 4);
                    }
                }));
    }

    /**
     * A server is overloaded when it has more connections than its weight, while another has less than half of its own.
     */
    private static void expectLocality(List<String> pods) {
        assertThat(pods.subList(0, 3).stream().distinct()).hasSize(1);
        assertThat(pods.get(3)).isNotEqualTo(pods.getFirst());
    }

    private static void fallback(Stage stage) throws Exception {
        for (String flags : List.of("sh-fallback", "")) {
            try (HeldConnections held = new HeldConnections(stage)) {
                stage.given(List.of(scheduled("sh", Map.of("b2", 1, "b3", 1)).annotation(FLAGS, flags)));
                String mine = held.open(WEB).getFirst();
                String other = mine.equals("b2") ? "b3" : "b2";
                stage.given(List.of(scheduled("sh", Map.of(other, 1)).annotation(FLAGS, flags)));
                if (flags.isEmpty()) {
                    expectRefused(stage);
                    stage.note("without: refused while " + mine + " drains");
                } else {
                    assertThat(called(stage, WEB.times(3))).containsOnly(other);
                }
            }
        }
    }

    /** With real packets alone: only the kernel knows a client's hash and the load of the servers. */
    private static void expectRefused(Stage stage) {
        stage.eventually("refused", () -> stage.calls(WEB).getFirst() instanceof Outcome.Refused);
    }

    private static List<String> called(Stage stage, Probe probe) {
        List<String> pods = HeldConnections.call(stage, probe);
        stage.note(HeldConnections.count(pods).toString());
        return pods;
    }

    private static List<String> opened(Stage stage, HeldConnections held, int count) throws Exception {
        List<String> pods = held.open(WEB.times(count));
        stage.note("opened in order " + HeldConnections.inOrder(pods));
        return pods;
    }

    /** The one Pod that answers each of several clients. */
    private static Map<String, String> byClient(Stage stage) {
        Map<String, String> pods = new TreeMap<>();
        Stream.of("a2", "a3", "a4", "a5").forEach(client -> {
            List<String> answers =
                    HeldConnections.call(stage, fromPod(client).to("web", 80).times(3));
            assertThat(answers.stream().distinct()).as(client).hasSize(1);
            pods.put(client, answers.getFirst());
        });
        stage.note("server by client " + pods);
        return pods;
    }

    private static Scenario nature(String name, String behaviour, Step.Action action) {
        return scenario("nature-" + name, "-", name + ": " + behaviour)
                .in(IPVS, others(name))
                .setup(DaemonSetup.LEAST_CONNECTION)
                .act(name, action)
                .build();
    }

    private static ProxyMode[] others(String scheduler) {
        if (HASHES.contains(scheduler)) {
            return new ProxyMode[] {USERSPACE, NFTABLES};
        }
        return COMMON.contains(scheduler) ? new ProxyMode[] {USERSPACE} : new ProxyMode[0];
    }

    /** Service {@code web} with that scheduler in all modes. */
    static ServiceTemplate scheduled(String scheduler, Map<String, Integer> weights) {
        return http("web")
                .annotation(SCHEDULER, scheduler)
                .annotation("sluice.dev/scheduler", scheduler)
                .weighted(weights);
    }
}
