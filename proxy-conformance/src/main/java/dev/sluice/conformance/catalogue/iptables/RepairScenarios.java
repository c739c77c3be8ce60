// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.iptables;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.OwnedRules;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.assertj.core.api.Assertions;

/**
 * Repair of the proxy's rules after another program flushed, edited or deleted them. It takes at most a second, or a
 * few where many scenarios share the machine.
 */
public final class RepairScenarios {
    private static final Duration LIMIT = Duration.ofSeconds(6);

    /** The periodic full sync repairs nothing, however slow the machine is. */
    private static final DaemonSetup ALONE =
            DaemonSetup.DEFAULT.alone().with("--iptables-sync-period=10m", "--ipvs-sync-period=10m");

    private RepairScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                begin(
                                "repair-edit",
                                "149",
                                "a rule deleted, edited, inserted, a jump deleted: repaired within a second")
                        .in(IPTABLES)
                        .act("edits", RepairScenarios::edits)
                        .stillOpen("pod")
                        .act("it is reported", RepairScenarios::expectReported)
                        .build(),
                begin(
                                "repair-flush",
                                "149, 150",
                                "all tables flushed, or nat alone: all rules are back within a second")
                        .in(IPTABLES, IPVS, USERSPACE)
                        .act("flushes", RepairScenarios::flushes)
                        .stillOpen("pod")
                        .then(
                                fromPod("a3").to("web", 80).times(10),
                                reaches("a2", "b2").each())
                        .then(fromClient().toNodePort("web", 80), reaches("a2", "b2"))
                        .act("it is reported", RepairScenarios::expectReported)
                        .build(),
                begin(
                                "repair-foreign",
                                "148, 149",
                                "the rules of others stay while the proxy's are repaired, and cause no repair")
                        .in(IPTABLES)
                        .act("foreign rules beside", RepairScenarios::foreignRules)
                        .build());
    }

    private static Scenario.Builder begin(String id, String rows, String behaviour) {
        return scenario(id, rows, behaviour)
                .setup(ALONE)
                .given(web("a2", "b2").nodePort())
                .then(fromPod("a3").to("web", 80).times(10), reaches("a2", "b2").each())
                .open("pod", fromPod("a3").to("web", 80))
                .act("the watch is open", RepairScenarios::awaitWatch);
    }

    private static void awaitWatch(Stage stage) {
        NodeState.expectLogged(stage, "rules that others change are noticed by");
    }

    private static void edits(Stage stage) {
        String tool = NodeState.tool(stage, "");
        String svc = chain(stage, "KUBE-SVC-");
        String sep = chain(stage, "KUBE-SEP-");
        List<String> dnat = rules(stage, "nat", sep);
        List<String> edited = new ArrayList<>(List.of(tool, "-w", "-t", "nat", "-R", sep, "" + dnat.size()));
        edited.addAll(words(dnat.getLast().replaceFirst(":\\d+$", ":1")));
        expectRepaired(stage, "a rule is deleted", List.of(tool, "-w", "-t", "nat", "-D", svc, "1"));
        expectRepaired(stage, "a rule is edited, with the number and size of rules kept", edited);
        expectRepaired(
                stage,
                "a rule is inserted at the wrong place",
                List.of(tool, "-w", "-t", "nat", "-I", "KUBE-SERVICES", "1", "-j", "RETURN"));
        expectRepaired(stage, "a chain is flushed", List.of(tool, "-w", "-t", "nat", "-F", svc));
        expectRepaired(stage, "a chain is renamed", List.of(tool, "-w", "-t", "nat", "-E", svc, "RENAMED"));
        for (String hook : List.of("nat PREROUTING", "nat OUTPUT", "filter FORWARD")) {
            String[] place = hook.split(" ");
            List<String> jump = new ArrayList<>(List.of(tool, "-w", "-t", place[0], "-D", place[1]));
            jump.addAll(words(rules(stage, place[0], place[1]).getFirst()));
            expectRepaired(stage, "a jump of " + hook + " is deleted", jump);
        }
    }

    private static void flushes(Stage stage) {
        String tool = NodeState.tool(stage, "");
        expectRepaired(stage, "nat is flushed", List.of(tool, "-w", "-t", "nat", "-F"));
        StringBuilder all = new StringBuilder();
        for (IpFamily family : IpFamily.values()) {
            for (String table : List.of("mangle", "nat", "filter")) {
                for (String command : List.of("-F", "-X")) {
                    all.append(OwnedRules.tool(family)).append(" -w -t ").append(table);
                    all.append(' ').append(command).append("\n");
                }
            }
        }
        expectRepaired(stage, "everything is flushed and deleted", List.of("sh", "-c", all.toString()));
        expectRepaired(
                stage,
                "nat is replaced by an empty one",
                List.of("sh", "-c", "printf '*nat\\nCOMMIT\\n' | " + NodeState.tool(stage, "-restore")));
        if (stage.flavour() != Flavour.IPTABLES_LEGACY) {
            expectRepaired(stage, "nft flushes the ruleset", List.of("nft", "flush", "ruleset"));
        }
    }

    private static void foreignRules(Stage stage) throws Exception {
        LabHost node = stage.lab().node();
        String tool = NodeState.tool(stage, "");
        List<String> foreign =
                List.of("-N OTHERS", "-A OTHERS -j RETURN", "-A PREROUTING -j OTHERS", "-A OUTPUT -j OTHERS");
        double before = repairs(stage);
        for (String rule : foreign) {
            List<String> line = new ArrayList<>(List.of(tool, "-w", "-t", "nat"));
            line.addAll(words(rule));
            node.run(line.toArray(String[]::new)).orThrow();
        }
        Assertions.assertThat(repairs(stage)).as("repairs for rules of others").isEqualTo(before);
        expectRepaired(stage, "our chain is flushed", List.of(tool, "-w", "-t", "nat", "-F", "KUBE-SERVICES"));
        expectRepaired(stage, "and another one", List.of(tool, "-w", "-t", "nat", "-F", chain(stage, "KUBE-SVC-")));
        Assertions.assertThat(NodeState.rulesOfFamily(stage).lines())
                .contains("-A OTHERS -j RETURN", "-A PREROUTING -j OTHERS", "-A OUTPUT -j OTHERS");
    }

    private static double repairs(Stage stage) throws Exception {
        return stage.daemon()
                .metrics()
                .lines()
                .filter(line -> line.startsWith("sluice_rule_repairs_total{")
                        && line.contains("\"" + stage.family().label() + "\""))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    /** Runs {@code command} and waits until the proxy's rules are the same as before. */
    private static void expectRepaired(Stage stage, String what, List<String> command) {
        LabHost node = stage.lab().node();
        OwnedRules wanted = OwnedRules.of(node);
        node.run(command.toArray(String[]::new));
        Attempts.until(stage.session().stretched(LIMIT), what + ": repaired", () -> {
            OwnedRules found = OwnedRules.of(node);
            return new Observation(found.equals(wanted), wanted.difference(found));
        });
        // after three repairs, those that follow within a second are delayed, which is another behaviour
        stage.eventually("a second passes", secondFrom(System.nanoTime()));
    }

    private static Callable<Boolean> secondFrom(long begin) {
        return () -> System.nanoTime() - begin > Duration.ofMillis(1100).toNanos();
    }

    private static void expectReported(Stage stage) {
        String family = stage.family().label();
        NodeState.expectLogged(stage, "changed " + family + " rules of the proxy; repaired by ");
        stage.eventually("the metric counts", () -> repairs(stage) > 0);
        if (stage.flavour() == Flavour.IPTABLES) {
            NodeState.expectLogged(stage, NodeState.tool(stage, "") + " (pid ");
        }
    }

    /** A chain of the proxy in nat that has rules. */
    private static String chain(Stage stage, String prefix) {
        return OwnedRules.of(stage.lab().node()).chains().entrySet().stream()
                .filter(c -> c.getKey().startsWith(stage.family().label() + " nat " + prefix))
                .filter(c -> c.getValue().stream()
                        .anyMatch(r -> r.contains(stage.allotment().namespace() + "/web")))
                .map(c -> c.getKey().substring(c.getKey().lastIndexOf(' ') + 1))
                .findFirst()
                .orElseThrow(() -> new AssertionError("no chain " + prefix + " of web"));
    }

    private static List<String> rules(Stage stage, String table, String chain) {
        return OwnedRules.of(stage.lab().node()).rules(stage.family().label() + " " + table + " " + chain);
    }

    private static List<String> words(String spec) {
        return RuleLine.words(spec);
    }
}
