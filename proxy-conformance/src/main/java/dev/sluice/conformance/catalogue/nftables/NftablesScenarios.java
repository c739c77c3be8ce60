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

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.NftTable;
import dev.sluice.testkit.lab.Outcome;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;

/** The table in the kernel. */
public final class NftablesScenarios {
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();
    private static final int MANY = 40;
    /** What the slots are divided among. */
    private static final int MAPS = 8;

    private NftablesScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("without-programs", "-", "the mode works on a host without the programs nft and iptables")
                        .in(NFTABLES)
                        .once()
                        .setup(ALONE.unstarted())
                        .act("a start without /usr/sbin", NftablesScenarios::startWithoutPrograms)
                        .given(web("a2", "b2").dualStack().nodePort(), dns("b3"))
                        .then(
                                fromPod("a3").to("web", 80).in(IpFamily.IPV4).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient()
                                        .toNodePort("web", 80)
                                        .in(IpFamily.IPV6)
                                        .times(20),
                                reaches("a2", "b2").each())
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b3"))
                        .build(),
                scenario(
                                "table-listing",
                                "183, 185, 193, 194",
                                "nft prints the table with the Services' names; its chains do not grow with the"
                                        + " Services")
                        .in(NFTABLES)
                        .setup(ALONE)
                        .act("somebody else has a table", stage -> foreign(stage, "add table ip others"))
                        .given(web("a2", "b2").nodePort())
                        .then(fromPod("a3").to("web", 80), reaches("a2", "b2"))
                        .act("many Services come and go", NftablesScenarios::comeAndGo)
                        .build(),
                scenario("affinity-outlives-change", "189", "clients keep their places when other endpoints change")
                        .in(NFTABLES)
                        .given(sticky("a2", "b2", "b3"))
                        .then(
                                fromPod("a3").to("web", 80).times(6),
                                reaches("a2", "b2", "b3").alwaysTheSame())
                        .act("the other endpoints are replaced", NftablesScenarios::replaceOthers)
                        .build(),
                scenario("table-order", "191", "earlier tables see Services' addresses, later ones endpoints")
                        .in(NFTABLES)
                        .setup(ALONE)
                        .given(web("b2"))
                        .act("tables of somebody else count", NftablesScenarios::countAround)
                        .build());
    }

    /** All of these programs are in /usr/sbin. */
    private static void startWithoutPrograms(Stage stage) {
        LabHost node = stage.lab().node();
        for (String program : List.of("nft", "iptables", "ip6tables", "ipset", "conntrack")) {
            Assertions.assertThat(node.run("sh", "-c", "command -v " + program).orThrow())
                    .contains("/sbin/" + program);
        }
        stage.session().launchThrough(List.of("unshare", "--mount", "sh", "-ec", """
                mount -t tmpfs none /usr/sbin
                if [ ! -L /sbin ]; then mount -t tmpfs none /sbin; fi
                if nft --version || iptables --version; then exit 1; fi
                exec "$@"
                """, "hidden"));
        stage.session().awaitReady(IpFamily.values());
    }

    private static void foreign(Stage stage, String command) {
        stage.lab().node().feed(command + "\n", "nft", "-f", "-").orThrow();
    }

    /** Services with one, two and three endpoints are there before and while the chains are compared. */
    private static void comeAndGo(Stage stage) {
        List<ServiceTemplate> few = List.of(
                web("a2", "b2").nodePort(), http("one").on("a2"), http("three").on("a2", "b2", "b3"));
        List<ServiceTemplate> many = new ArrayList<>(few);
        IntStream.range(0, MANY)
                .mapToObj(i -> http("s" + i)
                        .on(List.of("a2", "b2", "b3").subList(0, 1 + i % 3).toArray(String[]::new)))
                .forEach(many::add);
        String name = stage.allotment().namespace() + "/";
        stage.given(few);
        List<String> before = chains(stage);
        Assertions.assertThat(before).anyMatch(chain -> chain.contains("masquerade fully-random"));
        stage.given(many);
        List<String> after = chains(stage);
        Assertions.assertThat(after.stream().filter(chain -> !chain.contains("chain choose-")))
                .as("the chains with %s more Services", MANY)
                .containsExactlyElementsOf(before.stream()
                        .filter(chain -> !chain.contains("chain choose-"))
                        .toList());
        Assertions.assertThat(after.stream().filter(chain -> chain.contains("chain choose-")))
                .as("chains for 1, 2 and 3 endpoints, in each of the maps")
                .hasSizeLessThanOrEqualTo(3 * MAPS);
        Assertions.assertThat(listing(stage)).contains(name + "web", name + "s0", name + "s" + (MANY - 1));
        stage.given(few);
        stage.eventually(
                "nothing of them is left",
                () -> listing(stage),
                text -> text.contains(name + "web") && !text.contains(name + "s0") && !text.contains(name + "s7"));
        Assertions.assertThat(listing(stage)).contains("table ip others");
    }

    /** The whole ruleset, which must be printed without a word of error. */
    private static String listing(Stage stage) {
        CommandResult result = stage.lab().node().run("sh", "-c", "nft list ruleset 2>&1 || echo FAILED");
        String text = result.orThrow();
        Assertions.assertThat(text).doesNotContain("FAILED", "Error", "unknown", "# Warning");
        return text;
    }

    private static List<String> chains(Stage stage) {
        String text = stage.lab()
                .node()
                .run("nft", "-t", "list", "table", NftTable.ip(stage.family()), "sluice")
                .orThrow();
        return Stream.of(text.split("\n\n"))
                .map(String::strip)
                .filter(block -> block.contains("chain "))
                .map(block -> block.replaceFirst("\n}$", ""))
                .sorted()
                .toList();
    }

    private static void replaceOthers(Stage stage) {
        Probe probe = fromPod("a3").to("web", 80);
        String kept = pod(stage.calls(probe).getFirst());
        for (List<String> others : List.of(List.of("a4", "b4"), List.of("b5"), List.of("a2", "b2", "b3", "b4"))) {
            TreeSet<String> pods = new TreeSet<>(others);
            pods.add(kept);
            stage.given(List.of(sticky(pods.toArray(String[]::new))));
            NodeState.expectAnswersOf(kept, stage, probe.times(8));
        }
    }

    private static String pod(Outcome outcome) {
        if (outcome instanceof Outcome.Answer answer) {
            return answer.pod();
        }
        throw new AssertionError("no answer: " + outcome);
    }

    private static ServiceTemplate sticky(String... pods) {
        return web(pods).spec("sessionAffinity", "ClientIP");
    }

    /** Chains of type nat would be asked once for a connection only, as the proxy's own. */
    private static void countAround(Stage stage) {
        IpAddress service = stage.allotment().clusterIp("web");
        IpAddress endpoint = stage.lab().pod("b2").address(stage.family());
        String field = stage.family() == IpFamily.IPV4 ? "ip daddr " : "ip6 daddr ";
        foreign(
                stage,
                "table inet lab { counter before {}; counter after {};"
                        + " chain first { type filter hook prerouting priority -150; tcp flags syn " + field + service
                        + " counter name before; };"
                        + " chain last { type filter hook prerouting priority -50; tcp flags syn " + field + endpoint
                        + " counter name after; }; }");
        stage.check(fromPod("a3").to("web", 80).times(4), reaches("b2"));
        String counters = stage.lab()
                .node()
                .run("nft", "list", "counters", "table", "inet", "lab")
                .orThrow();
        for (String name : List.of("before", "after")) {
            Matcher counter = Pattern.compile("counter " + name + " \\{\\s*packets (\\d+)")
                    .matcher(counters);
            Assertions.assertThat(counter.find()).as(counters).isTrue();
            Assertions.assertThat(Integer.parseInt(counter.group(1))).as(name).isGreaterThanOrEqualTo(4);
        }
    }
}
