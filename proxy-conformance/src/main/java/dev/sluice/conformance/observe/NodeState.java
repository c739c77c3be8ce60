// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.observe;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;

/** The state of the node as an operator's tools show it: rules, sets, virtual servers, links. */
public final class NodeState {
    private NodeState() {}

    /** The rules of both families. */
    public static String rules(Stage stage) {
        LabHost node = stage.lab().node();
        return node.run("iptables-save").orThrow() + node.run("ip6tables-save").orThrow();
    }

    /** The rules of the run's family. */
    public static String rulesOfFamily(Stage stage) {
        return stage.lab().node().run(tool(stage, "-save")).orThrow();
    }

    /** {@code iptables} or {@code ip6tables} by the run's family, with {@code suffix}. */
    public static String tool(Stage stage, String suffix) {
        return switch (stage.family()) {
            case IPV4 -> "iptables" + suffix;
            case IPV6 -> "ip6tables" + suffix;
        };
    }

    /** Virtual and real servers as {@code ipvsadm -Sn} prints them; nothing where the kernel has no IPVS. */
    public static String virtualServers(LabHost node) {
        return Files.exists(Path.of("/proc/net/ip_vs"))
                ? node.run("ipvsadm", "-Sn").orThrow()
                : "";
    }

    /**
     * Everything that a proxy could leave behind, without counters, dates and empty tables: listing the rules makes the
     * kernel create empty tables.
     */
    public static String dump(LabHost node) {
        List<String> parts = new ArrayList<>();
        for (String save : List.of("iptables-save", "ip6tables-save")) {
            parts.add("== " + save + "\n" + withoutEmptyTables(node.run(save).orThrow()));
        }
        parts.add("== ipset\n" + node.run("ipset", "save").output());
        parts.add("== ipvs\n" + virtualServers(node));
        parts.add("== links\n" + node.run("ip", "-br", "link").orThrow());
        parts.add("== addresses\n" + node.run("ip", "-br", "addr").orThrow());
        parts.add("== rules and routes\n" + node.run("ip", "rule").orThrow()
                + node.run("ip", "route").orThrow());
        return String.join("\n", parts);
    }

    private static String withoutEmptyTables(String save) {
        StringBuilder kept = new StringBuilder();
        List<String> table = new ArrayList<>();
        for (String line : save.lines().toList()) {
            if (line.startsWith("#")) {
                continue;
            }
            table.add(line.replaceAll("\\[\\d+:\\d+]", "[0:0]"));
            if (line.equals("COMMIT")) {
                boolean empty = table.stream()
                        .allMatch(l -> l.startsWith("*") || l.equals("COMMIT") || l.contains(" ACCEPT [0:0]"));
                kept.append(empty ? "" : table.stream().collect(Collectors.joining("\n", "", "\n")));
                table.clear();
            }
        }
        return kept.toString();
    }

    public static void expectNoRuleNamesTheScenario(Stage stage) {
        expectNoRuleNames(stage, "/web");
    }

    /** Waits until no comment of a rule names the scenario's Service {@code suffix}. */
    public static void expectNoRuleNames(Stage stage, String suffix) {
        String name = stage.allotment().namespace() + suffix;
        stage.eventually("no rule names " + name, () -> !rules(stage).contains(name));
    }

    public static void expectHealthy(Stage stage) throws Exception {
        Assertions.assertThat(stage.daemon().healthz().status()).as("/healthz").isEqualTo(200);
    }

    /** Waits until the scenario's Service {@code name} is reported: one log line, in /healthz, and counted. */
    public static void expectReported(Stage stage, String name) {
        String service = stage.allotment().namespace() + "/" + name;
        expectLogged(stage, service);
        stage.eventually(
                "/healthz names " + service,
                () -> stage.daemon().healthz().body().contains(service));
        stage.eventually(
                "sluice_problems counts " + service,
                () -> stage.daemon()
                        .metrics()
                        .lines()
                        .anyMatch(line -> line.startsWith("sluice_problems{") && !line.endsWith(" 0.0")));
    }

    /** Waits until one line of the log names the scenario's Service {@code name} and contains all of {@code words}. */
    public static void expectProblem(Stage stage, String name, String... words) {
        String service = "Service " + stage.allotment().namespace() + "/" + name + ":";
        expectLine(stage, Stream.concat(Stream.of(service), Stream.of(words)).toList());
    }

    /** Waits until one line of the log contains all of {@code parts}. */
    public static void expectLine(Stage stage, List<String> parts) {
        stage.eventually(
                "a line of the log says " + parts,
                () -> stage.daemon()
                        .logText()
                        .lines()
                        .anyMatch(line -> parts.stream().allMatch(line::contains)));
    }

    /**
     * Waits until {@code pod} answers all calls, for a reason that a trace does not know: the client has called before,
     * or the Pod has many addresses.
     */
    public static void expectAnswersOf(String pod, Stage stage, Probe probe) {
        stage.eventually(
                pod + " answers " + probe.describe(stage.allotment()),
                () -> stage.calls(probe).stream()
                        .allMatch(o -> o instanceof Outcome.Answer a && a.pod().equals(pod)));
    }

    /** Waits until the daemon has printed {@code text}. */
    public static void expectLogged(Stage stage, String text) {
        stage.eventually(
                "the log says '" + text + "'", () -> stage.daemon().logText().contains(text));
    }
}
