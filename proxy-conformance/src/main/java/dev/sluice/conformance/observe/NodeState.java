// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.observe;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.NftTable;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;

/** The state of the node as an operator's tools show it: rules, sets, virtual servers, links. */
public final class NodeState {
    private NodeState() {}

    /** The rules of both families. */
    public static String rules(Stage stage) {
        LabHost node = stage.lab().node();
        if (stage.mode() == ProxyMode.NFTABLES) {
            return nftTables(node);
        }
        return saved(node, "iptables-save") + saved(node, "ip6tables-save");
    }

    /** The rules of the run's family. */
    public static String rulesOfFamily(Stage stage) {
        if (stage.mode() == ProxyMode.NFTABLES) {
            return NftTable.of(stage.lab().node(), stage.family());
        }
        return saved(stage.lab().node(), tool(stage, "-save"));
    }

    /** The tool fails at a rule whose set goes while it lists, of another scenario on the same node. */
    private static String saved(LabHost node, String tool) {
        AtomicReference<String> rules = new AtomicReference<>("");
        Attempts.until(Duration.ofSeconds(20), tool + " lists all rules", () -> {
            CommandResult result = node.run(tool);
            rules.set(result.output());
            boolean setIsGone = result.exitCode() != 0 && result.output().contains("in kernel doesn't exist");
            return new Attempts.Observation(!setIsGone, setIsGone ? result.output() : result.orThrow());
        });
        return rules.get();
    }

    private static String nftTables(LabHost node) {
        return NftTable.of(node, IpFamily.IPV4) + NftTable.of(node, IpFamily.IPV6);
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
            parts.add("== " + save + "\n" + withoutEmptyTables(saved(node, save)));
        }
        parts.add("== nftables\n" + nftTables(node));
        parts.add("== ipset\n" + node.run("ipset", "save").output());
        parts.add("== ipvs\n" + virtualServers(node));
        parts.add("== links\n" + node.run("ip", "-br", "link").orThrow());
        parts.add("== addresses\n" + node.run("ip", "-br", "addr").orThrow());
        parts.add("== rules and routes\n" + node.run("ip", "rule").orThrow()
                + node.run("ip", "-6", "rule").orThrow()
                + node.run("ip", "route").orThrow()
                + withTable(node.run("ip", "route", "show", "table", "all").orThrow())
                + withTable(
                        node.run("ip", "-6", "route", "show", "table", "all").orThrow()));
        return String.join("\n", parts);
    }

    /** The routes of the table that userspace mode adds. */
    private static String withTable(String routes) {
        return routes.lines().filter(line -> line.contains(" table 8250")).collect(Collectors.joining("\n", "", "\n"));
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
