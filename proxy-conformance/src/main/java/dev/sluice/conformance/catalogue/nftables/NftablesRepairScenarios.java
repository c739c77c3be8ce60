// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.nftables;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.NFTABLES;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.NftTable;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Repair of the table after another program flushed, edited or deleted something of it. It takes some milliseconds, or
 * a few seconds where many scenarios share the machine.
 */
public final class NftablesRepairScenarios {
    private static final Duration LIMIT = Duration.ofSeconds(6);

    /** The periodic full sync repairs nothing, however slow the machine is. */
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone().with("--nftables-sync-period=10m");

    private NftablesRepairScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario(
                        "repair-table",
                        "187, 149",
                        "ruleset flushed, element, rule or chain deleted, rule edited: repaired within a second")
                .in(NFTABLES)
                .setup(ALONE)
                .given(web("a2", "b2").nodePort())
                .then(fromPod("a3").to("web", 80).times(10), reaches("a2", "b2").each())
                .open("pod", fromPod("a3").to("web", 80))
                .act(
                        "the watch is open",
                        stage -> NodeState.expectLogged(stage, "rules that others change are noticed"))
                .act("strikes", NftablesRepairScenarios::strike)
                .stillOpen("pod")
                .then(fromPod("a3").to("web", 80).times(10), reaches("a2", "b2").each())
                .then(fromClient().toNodePort("web", 80), reaches("a2", "b2"))
                .act("it is reported", NftablesRepairScenarios::expectReported)
                .build());
    }

    private static void strike(Stage stage) {
        String ip = NftTable.ip(stage.family());
        String table = ip + " sluice";
        String address = stage.allotment().clusterIp("web").toString();
        expectRepaired(
                stage,
                "a portal is deleted",
                "delete element " + table + " service-ips { " + address + " . tcp . 80 }");
        expectRepaired(stage, "a set is flushed", "flush set " + table + " cluster-ips");
        expectRepaired(stage, "a chain is flushed", "flush chain " + table + " services");
        expectRepaired(stage, "a base chain is deleted", "delete chain " + table + " nat-prerouting");
        expectRepaired(stage, "a rule is inserted", "insert rule " + table + " services accept");
        expectRepaired(stage, "a policy is drop", "chain " + table + " filter-forward { policy drop; }");
        expectRepaired(
                stage,
                "a rule is edited",
                "replace rule " + table + " masquerading handle " + handle(stage, ip) + " counter accept");
        expectRepaired(stage, "the table is deleted", "delete table " + table, NftTable::withoutNumbers);
        expectRepaired(stage, "the ruleset is flushed", "flush ruleset", NftTable::withoutNumbers);
    }

    private static String handle(Stage stage, String ip) {
        String rules = stage.lab()
                .node()
                .run("nft", "-a", "list", "chain", ip, "sluice", "masquerading")
                .orThrow();
        Matcher handle =
                Pattern.compile("masquerade fully-random.*# handle (\\d+)").matcher(rules);
        if (!handle.find()) {
            throw new AssertionError("no rule masquerades: " + rules);
        }
        return handle.group(1);
    }

    /** Gives {@code command} to {@code nft}, and waits until the table is as before. */
    private static void expectRepaired(Stage stage, String what, String command) {
        expectRepaired(stage, what, command, text -> text);
    }

    private static void expectRepaired(Stage stage, String what, String command, UnaryOperator<String> form) {
        LabHost node = stage.lab().node();
        String wanted = form.apply(NftTable.of(node, stage.family()));
        long begin = System.nanoTime();
        node.feed(command + "\n", "nft", "-f", "-").orThrow();
        Attempts.until(stage.session().stretched(LIMIT), what + ": repaired", () -> {
            String found = form.apply(NftTable.of(node, stage.family()));
            return new Observation(found.equals(wanted), difference(wanted, found));
        });
        stage.note(what + ": repaired after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
        // after three repairs, those that follow within a second are delayed, which is another behaviour
        long end = System.nanoTime();
        stage.eventually(
                "a second passes",
                () -> System.nanoTime() - end > Duration.ofMillis(1100).toNanos());
    }

    private static String difference(String wanted, String found) {
        List<String> missing = new ArrayList<>(wanted.lines().toList());
        missing.removeAll(found.lines().toList());
        List<String> more = new ArrayList<>(found.lines().toList());
        more.removeAll(wanted.lines().toList());
        return "missing: " + missing + ", more: " + more;
    }

    private static void expectReported(Stage stage) {
        NodeState.expectLogged(stage, "changed " + stage.family().label() + " rules of the proxy; repaired by ");
        stage.eventually(
                "the metric counts",
                () -> stage.daemon()
                        .metrics()
                        .lines()
                        .anyMatch(line -> line.startsWith("sluice_rule_repairs_total{")
                                && line.contains("\"" + stage.family().label() + "\"")
                                && !line.endsWith(" 0.0")));
    }
}
