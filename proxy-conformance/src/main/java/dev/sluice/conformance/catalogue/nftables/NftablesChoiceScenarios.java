// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.nftables;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.HeldConnections;
import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.model.Weight;
import dev.sluice.testkit.lab.NftTable;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The annotations of a Service for nftables mode: weights, scheduler, and a limit of connections. */
public final class NftablesChoiceScenarios {
    private static final String SCHEDULER = "sluice.dev/scheduler";
    private static final String MAX_CONNECTIONS = "sluice.dev/max-connections";
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();
    private static final Probe WEB = fromPod("a3").to("web", 80);

    private NftablesChoiceScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("weights-nftables", "-", "endpoints have connections by their weights, none with weight 0")
                        .in(NFTABLES)
                        .given(weighted(Map.of("b2", 3, "b3", 1)))
                        .open("first", fromPod("a3").to("web", 80))
                        .then(WEB.times(40), reaches("b2", "b3").each())
                        .act("3 to 1", stage -> expectShare(stage, 0.75))
                        .given(weighted(Map.of("b2", 100, "b3", 1900)))
                        .act("5 to 95, in 20 slots", stage -> expectShare(stage, 0.05))
                        .given(weighted(Map.of("b2", 611, "b3", 389)))
                        .act("611 to 389, in 256 slots", stage -> expectShare(stage, 0.611))
                        .given(weighted(Map.of("b2", 0, "b3", 1)))
                        .then(WEB.times(12), reaches("b3"))
                        .given(weighted(Map.of("b2", 0, "b3", 0)))
                        .act("with weight 0 for all new ones are refused", NftablesChoiceScenarios::expectRefused)
                        .stillOpen("first")
                        .given(http("web")
                                .annotation(Weight.ANNOTATION, "heavy")
                                .on("b2", "b3"))
                        .act(
                                "another weight is reported",
                                stage -> NodeState.expectProblem(
                                        stage, "web", Weight.ANNOTATION, "'heavy' is not a weight"))
                        .then(WEB.times(20), reaches("b2", "b3").each())
                        .build(),
                scenario(
                                "scheduler-hash-restart",
                                "-",
                                "a client that is chosen for by a hash keeps its endpoint, also over a restart with"
                                        + " the table gone")
                        .in(NFTABLES)
                        .setup(ALONE)
                        .given(hashed("b2", "b3", "b4"))
                        .act("kill, delete the table, start", NftablesChoiceScenarios::restart)
                        .act("one endpoint less", NftablesChoiceScenarios::oneLess)
                        .given(web("b2", "b3").annotation(SCHEDULER, "lc"))
                        .act(
                                "a scheduler that rules cannot carry out is reported",
                                stage -> NodeState.expectProblem(stage, "web", SCHEDULER, "'lc'", "sh, dh"))
                        .then(WEB.times(20), reaches("b2", "b3").each())
                        .build(),
                scenario(
                                "max-connections-nftables",
                                "-",
                                "no more connections than the Service allows, by all its addresses together; others"
                                        + " are refused, and a restart counts on")
                        .in(NFTABLES)
                        .setup(ALONE)
                        .given(
                                web("b2").nodePort().annotation(MAX_CONNECTIONS, "3"),
                                dns("b3").annotation(MAX_CONNECTIONS, "2"))
                        .act("a fourth one", NftablesChoiceScenarios::fourth)
                        .then(WEB.times(3), reaches("b2"))
                        .act("a third flow of UDP", stage -> {
                            Probe flow = fromPod("a3").to("dns", 53).udp();
                            assertThat(stage.calls(flow.times(2))).hasOnlyElementsOfType(Outcome.Answer.class);
                            stage.eventually("it is refused", () -> isRefused(stage, flow));
                        })
                        .given(web("b2").annotation(MAX_CONNECTIONS, "5000"))
                        .act(
                                "more than the kernel counts quickly is reported",
                                stage -> NodeState.expectProblem(stage, "web", MAX_CONNECTIONS, "'5000'", "1000"))
                        .then(WEB.times(6), reaches("b2"))
                        .build());
    }

    /** Five standard deviations around the share of Pod b2. */
    private static void expectShare(Stage stage, double share) {
        int calls = 300;
        double mean = calls * share;
        double deviation = Math.sqrt(calls * share * (1 - share));
        stage.eventually("new connections go by the weights", () -> {
            Map<String, Integer> counts = HeldConnections.count(HeldConnections.call(stage, WEB.times(calls)));
            stage.note(counts.toString());
            return Math.abs(counts.getOrDefault("b2", 0) - mean) < 5 * deviation;
        });
    }

    private static boolean isRefused(Stage stage, Probe probe) {
        return stage.calls(probe).getFirst() instanceof Outcome.Refused;
    }

    private static void expectRefused(Stage stage) {
        stage.eventually("refused", () -> isRefused(stage, WEB));
    }

    private static Map<String, String> byClient(Stage stage) {
        Map<String, String> pods = new TreeMap<>();
        for (String client : List.of("a2", "a3", "a4", "a5")) {
            List<String> answers =
                    HeldConnections.call(stage, fromPod(client).to("web", 80).times(4));
            assertThat(answers.stream().distinct()).as(client).hasSize(1);
            pods.put(client, answers.getFirst());
        }
        stage.note("endpoint by client " + pods);
        return pods;
    }

    private static void restart(Stage stage) throws Exception {
        Map<String, String> before = byClient(stage);
        stage.daemon().kill();
        String delete = "delete table " + NftTable.ip(stage.family()) + " sluice\n";
        stage.lab().node().feed(delete, "nft", "-f", "-").orThrow();
        stage.session().start();
        stage.check(WEB, reaches(String.valueOf(before.get("a3"))));
        assertThat(byClient(stage)).isEqualTo(before);
    }

    /** Of the slots of two others next to none move, which these clients do not meet. */
    private static void oneLess(Stage stage) {
        Map<String, String> before = byClient(stage);
        String gone = before.get("a3");
        List<String> left = List.of("b2", "b3", "b4").stream()
                .filter(pod -> !pod.equals(gone))
                .toList();
        stage.given(List.of(hashed(left.toArray(String[]::new))));
        stage.check(WEB, reaches(left.toArray(String[]::new)));
        Map<String, String> after = byClient(stage);
        assertThat(after.values()).isSubsetOf(left);
        long kept = before.entrySet().stream()
                .filter(client -> client.getValue().equals(after.get(client.getKey())))
                .count();
        stage.note(kept + " of " + before.size() + " clients keep theirs");
    }

    private static void fourth(Stage stage) throws IOException {
        Probe other = fromClient().toNodePort("web", 80);
        try (HeldConnections held = new HeldConnections(stage)) {
            held.open(WEB.times(2));
            held.open(other);
            stage.eventually("a fourth is refused", () -> isRefused(stage, WEB));
            stage.eventually("by the node port too", () -> isRefused(stage, other));
            stage.daemon().kill();
            stage.eventually("without the daemon", () -> isRefused(stage, WEB));
            stage.session().start();
            stage.session().awaitReady(stage.family());
            stage.eventually("after a restart", () -> isRefused(stage, WEB));
        }
        stage.eventually("there is room again", () -> stage.calls(WEB).getFirst() instanceof Outcome.Answer);
    }

    private static ServiceTemplate weighted(Map<String, Integer> weights) {
        return http("web").weighted(weights);
    }

    private static ServiceTemplate hashed(String... pods) {
        return web(pods).annotation(SCHEDULER, "sh");
    }
}
