// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.iptables;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.upstream.UpstreamText;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.Assertions;

/** The dispatch trees of iptables mode, with enough Services to need them. */
public final class DispatchTreeScenarios {
    /** More than the 128 rules up to which a dispatch chain is a list. */
    private static final int MANY = 135;

    private static final Map<String, String> FLAT = Map.of("SLUICE_JAVA_OPTS", "-Dsluice.iptables.flat-rules=1000000");
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();

    private DispatchTreeScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "dispatch-tree",
                                "-",
                                "Services at both ends of the ranges are reached through a dispatch tree, which splits"
                                        + " and merges")
                        .in(IPTABLES)
                        .setup(ALONE)
                        .act(
                                "one Service is last in its ranges",
                                stage -> stage.allotment().fromTheEnd("last", 80))
                        .given(watched().toArray(ServiceTemplate[]::new))
                        .act("the dispatch chains are lists", stage -> expectTrees(stage, false))
                        .open("first", fromPod("a3").to("first", 80))
                        .open("last", fromClient().toNodePort("last", 80))
                        .given(many().toArray(ServiceTemplate[]::new))
                        .act("the dispatch chains are trees", stage -> expectTrees(stage, true))
                        .stillOpen("first")
                        .stillOpen("last")
                        .act("all are reached through the trees", DispatchTreeScenarios::expectTraffic)
                        .then(fromPod("a3").to("full-" + MANY / 2, 80), reaches("b4"))
                        .then(fromClient().toNodePort("full-" + MANY / 2, 80), reaches("b4"))
                        .then(fromPod("a3").to("empty-" + MANY / 2, 80), REFUSED)
                        .then(fromClient().toNodePort("empty-" + MANY / 2, 80), REFUSED)
                        .open("through the tree", fromClient().toOutside("last", 80))
                        .given(watched().toArray(ServiceTemplate[]::new))
                        .act("the dispatch chains are lists again", stage -> expectTrees(stage, false))
                        .stillOpen("first")
                        .stillOpen("last")
                        .stillOpen("through the tree")
                        .act("all are reached through the lists", DispatchTreeScenarios::expectTraffic)
                        .then(fromPod("a3").to("full-0", 80), NOT_SERVED)
                        .build(),
                scenario(
                                "dispatch-takeover",
                                "-",
                                "kube-proxy's lists are taken over to dispatch trees, and back, under an open"
                                        + " connection")
                        .in(IPTABLES)
                        .setup(ALONE.unstarted())
                        .act("kube-proxy, then the daemon, then kube-proxy", DispatchTreeScenarios::takeOver)
                        .build());
    }

    /** The Services that the scenarios call. */
    private static List<ServiceTemplate> watched() {
        return List.of(
                http("first").on("a2", "b2").loadBalancer(),
                dns("b2").nodePort(),
                http("none").loadBalancer(),
                http("last").on("b3").loadBalancer());
    }

    /** Those, and enough others to turn the dispatch of addresses, node ports and refusals into trees. */
    private static List<ServiceTemplate> many() {
        List<ServiceTemplate> all = new ArrayList<>(watched());
        for (int i = 0; i < MANY; i++) {
            all.add(http("full-" + i).on("b4").nodePort());
            all.add(http("empty-" + i).nodePort());
        }
        return all;
    }

    private static void expectTraffic(Stage stage) {
        stage.check(fromPod("a3").to("first", 80).times(12), reaches("a2", "b2").each());
        stage.check(fromPod("a3").to("last", 80), reaches("b3"));
        stage.check(fromNode().to("last", 80), reaches("b3"));
        stage.check(fromClient().toNodePort("first", 80), reaches("a2", "b2"));
        stage.check(fromClient().toNodePort("last", 80), reaches("b3"));
        stage.check(fromClient().toNodePort("dns", 53).udp(), reaches("b2"));
        stage.check(fromClient().toOutside("first", 80), reaches("a2", "b2"));
        stage.check(fromClient().toOutside("last", 80), reaches("b3"));
        stage.check(fromClient().toOutside("none", 80), REFUSED);
    }

    private static void expectTrees(Stage stage, boolean wanted) {
        String rules = NodeState.rulesOfFamily(stage);
        for (String jump : List.of(
                "-A KUBE-SERVICES [^\n]*service addresses in [^\n]* -j KUBE-SVC-",
                "-A KUBE-SERVICES [^\n]*service addresses in [^\n]* -j KUBE-CIP-",
                "-A KUBE-NODEPORTS [^\n]*node ports [^\n]* -j KUBE-SVC-",
                "-A KUBE-EXTERNAL-SERVICES [^\n]*node ports [^\n]* -j KUBE-XIP-")) {
            if (wanted) {
                Assertions.assertThat(rules).containsPattern(jump);
            } else {
                Assertions.assertThat(rules).doesNotContainPattern(jump);
            }
        }
    }

    private static void takeOver(Stage stage) {
        stage.allotment().fromTheEnd("last", 80);
        stage.session().start(FLAT);
        stage.given(many());
        stage.session().terminate();
        UpstreamText lists = UpstreamText.of(NodeState.rulesOfFamily(stage));
        restore(stage, lists.everything());
        expectTrees(stage, false);
        stage.open("before", fromClient().toNodePort("last", 80));

        stage.session().start();
        expectTrees(stage, true);
        stage.stillOpen("before");
        expectTraffic(stage);
        stage.session().terminate();

        UpstreamText trees = UpstreamText.of(NodeState.rulesOfFamily(stage));
        restore(stage, lists.since(trees));
        expectTrees(stage, false);
        Assertions.assertThat(UpstreamText.of(NodeState.rulesOfFamily(stage)).rules())
                .containsAll(lists.rules())
                .noneMatch(rule -> rule.startsWith("nat ") && rule.contains("service addresses in"));
        stage.stillOpen("before");
        expectTraffic(stage);
    }

    /** Writes rules as kube-proxy does at its start. */
    private static void restore(Stage stage, String text) {
        stage.lab()
                .node()
                .feed(text, NodeState.tool(stage, "-restore"), "-w", "--noflush", "--counters")
                .orThrow();
    }
}
