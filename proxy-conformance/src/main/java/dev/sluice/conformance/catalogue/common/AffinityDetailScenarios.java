// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Expected;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;

/** Session affinity over time, across addresses, and across changes of endpoints and restarts of the daemon. */
public final class AffinityDetailScenarios {
    private static final int CLIENTS = 16;
    private static final String TIMEOUT = "sessionAffinityConfig";
    private static final Expected ONE = reaches("a2", "b2", "b3").alwaysTheSame();

    private AffinityDetailScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("affinity-many-clients", "121", "clients with affinity spread over the endpoints")
                        .given(sticky("a2", "b2", "b3"))
                        .act("sixteen clients call", AffinityDetailScenarios::manyClients)
                        .build(),
                scenario(
                                "affinity-expires",
                                "122",
                                "a client that was idle for longer than the time-out is placed anew")
                        .in(IPTABLES, USERSPACE, NFTABLES)
                        .given(sticky("a2", "b2", "b3").spec(TIMEOUT, "{clientIP: {timeoutSeconds: 1}}"))
                        .act("it comes back from time to time", AffinityDetailScenarios::expire)
                        .build(),
                scenario("affinity-refreshed", "123", "a client that comes back within the time-out stays")
                        .in(IPTABLES, USERSPACE, NFTABLES)
                        .act("it comes back again and again", AffinityDetailScenarios::refresh)
                        .build(),
                scenario("affinity-both-addresses", "125", "a client has one endpoint behind cluster IP and node port")
                        .in(IPTABLES, USERSPACE, NFTABLES)
                        .given(sticky("a2", "b2", "b3").nodePort())
                        .act("cluster IP, then node port", AffinityDetailScenarios::bothAddresses)
                        .build(),
                scenario("affinity-each-address", "126", "a client has one endpoint behind each address")
                        .in(IPVS)
                        .given(sticky("a2", "b2", "b3").nodePort())
                        .then(fromClient().to("web", 80).times(8), ONE)
                        .then(fromClient().toNodePort("web", 80).times(8), ONE)
                        .build(),
                scenario(
                                "affinity-switched-on",
                                "127, 128, 166, 188",
                                "affinity that is switched on is in force in the kernel")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .given(web("a2", "b2", "b3"))
                        .then(
                                fromPod("a3").to("web", 80).times(30),
                                reaches("a2", "b2", "b3").each())
                        .given(sticky("a2", "b2", "b3").spec(TIMEOUT, "{clientIP: {timeoutSeconds: 600}}"))
                        .then(fromPod("a3").to("web", 80).times(10), ONE)
                        .act("the kernel shows it", AffinityDetailScenarios::expectAffinityInKernel)
                        .build(),
                scenario("affinity-restart", "129", "a client keeps its endpoint over a restart of the daemon")
                        .in(IPTABLES, NFTABLES)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(sticky("a2", "b2", "b3"))
                        .open("before", fromPod("a3").to("web", 80))
                        .act("kill -9 and restart", stage -> {
                            stage.daemon().kill();
                            stage.session().start();
                        })
                        .act("the same endpoint answers", AffinityDetailScenarios::expectSameAsBefore)
                        .build(),
                scenario(
                                "affinity-not-ready",
                                "trap 11",
                                "affinity does not hold a client to an endpoint that is not ready")
                        .given(sticky("a2"))
                        .then(fromPod("a3").to("web", 80), reaches("a2"))
                        .given(on(endpoint("a2").notReady(), endpoint("b2")))
                        .then(fromPod("a3").to("web", 80).times(8), reaches("b2"))
                        .build(),
                scenario("affinity-scaled-to-zero", "trap 11", "affinity works again after there was no endpoint")
                        .given(sticky("a2", "b2", "b3"))
                        .then(fromPod("a3").to("web", 80).times(6), ONE)
                        .given(sticky())
                        .then(fromPod("a3").to("web", 80), Expected.Fails.REFUSED)
                        .given(sticky("a2", "b2", "b3"))
                        .then(fromPod("a3").to("web", 80).times(12), ONE)
                        .build(),
                scenario("affinity-local", "trap 11", "affinity and policy Local go together")
                        .given(sticky("a2", "a4", "b2").nodePort().spec("externalTrafficPolicy", "Local"))
                        .then(
                                fromClient().toNodePort("web", 80).times(12),
                                reaches("a2", "a4").alwaysTheSame().seeingTheCaller())
                        .build());
    }

    /** The further addresses are deprecated, so that no other scenario's calls use them as a source. */
    private static void manyClients(Stage stage) {
        LabHost client = stage.lab().client();
        Set<String> pods = new TreeSet<>();
        for (int i = 0; i < CLIENTS; i++) {
            String text = stage.family() == IpFamily.IPV4
                    ? "192.168.20." + (100 + i)
                    : String.format(Locale.ROOT, "fd00:20::%x", 0x100 + i);
            String prefix = text + (stage.family() == IpFamily.IPV4 ? "/32" : "/128");
            client.run("ip", "addr", "replace", prefix, "dev", "eth0", "nodad", "preferred_lft", "0")
                    .orThrow();
            pods.add(placeOf(stage, stage.caller(client.name()).fromAddress(IpAddress.of(text)), Probe.fromClient()));
        }
        Assertions.assertThat(pods).as("Pods that the clients reach").hasSizeGreaterThan(1);
    }

    /** The one Pod that three calls reach. */
    private static String placeOf(Stage stage, Caller caller, Probe.From from) {
        Set<String> pods = new TreeSet<>();
        Probe probe = from.to("web", 80);
        for (int i = 0; i < 3; i++) {
            Outcome outcome = probe.destination(stage.allotment(), caller::tcp);
            Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
            pods.add(((Outcome.Answer) outcome).pod());
        }
        Assertions.assertThat(pods).as("Pods that one client reaches").hasSize(1);
        return pods.iterator().next();
    }

    private static String call(Stage stage, Probe probe) {
        Outcome outcome = stage.calls(probe).getFirst();
        Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        return ((Outcome.Answer) outcome).pod();
    }

    /**
     * The pause is the subject of this test; the same endpoint is chosen again with a chance of one in three each time.
     */
    private static void expire(Stage stage) throws InterruptedException {
        String first = call(stage, fromPod("a3").to("web", 80));
        for (int i = 0; i < 14; i++) {
            Thread.sleep(2100);
            if (!call(stage, fromPod("a3").to("web", 80)).equals(first)) {
                return;
            }
        }
        throw new AssertionError("the client came back to " + first + " each time");
    }

    /**
     * Seven calls in more than twice the time-out. Calls that a busy machine delays too long prove nothing and are
     * repeated with a longer time-out.
     */
    private static void refresh(Stage stage) throws InterruptedException {
        for (int seconds = 3; seconds <= 48; seconds *= 2) {
            stage.given(
                    List.of(sticky("a2", "b2", "b3").spec(TIMEOUT, "{clientIP: {timeoutSeconds: " + seconds + "}}")));
            Set<String> pods = new TreeSet<>();
            Duration longest = Duration.ZERO;
            long last = System.nanoTime();
            for (int i = 0; i < 7; i++) {
                pods.add(call(stage, fromPod("a4").to("web", 80)));
                Duration pause = Duration.ofNanos(System.nanoTime() - last);
                longest = pause.compareTo(longest) > 0 ? pause : longest;
                last = System.nanoTime();
                Thread.sleep(Duration.ofSeconds(seconds).dividedBy(3));
            }
            if (longest.compareTo(Duration.ofSeconds(seconds).multipliedBy(5).dividedBy(6)) < 0) {
                Assertions.assertThat(pods)
                        .as("Pods reached with a time-out of " + seconds + " s and pauses of " + longest + " at most")
                        .hasSize(1);
                return;
            }
        }
        throw new AssertionError("this machine is too busy: no series of calls was even enough");
    }

    private static void bothAddresses(Stage stage) {
        for (String pod : List.of("a3", "a4", "a5")) {
            String first = call(stage, fromPod(pod).to("web", 80));
            NodeState.expectAnswersOf(
                    first, stage, fromPod(pod).toNodePort("web", 80).times(4));
        }
        String first = call(stage, fromClient().to("web", 80));
        NodeState.expectAnswersOf(
                first, stage, fromClient().toNodePort("web", 80).times(4));
    }

    private static void expectAffinityInKernel(Stage stage) {
        if (stage.mode() == ProxyMode.IPVS) {
            String server = "-t " + stage.allotment().clusterIp("web").withPort(80) + " -s rr -p 600";
            Assertions.assertThat(
                            NodeState.virtualServers(stage.lab().node()).lines().map(String::strip))
                    .as("a virtual server that keeps each single address for 600 seconds")
                    .anyMatch(l -> l.equals("-A " + server));
            return;
        }
        if (stage.mode() == ProxyMode.NFTABLES) {
            Assertions.assertThat(NodeState.rulesOfFamily(stage))
                    .contains("choose-3", "sticky-3-600s")
                    .containsPattern("(?m)^\\s*flags [a-z,]*dynamic,timeout|^\\s*flags [a-z,]*timeout,dynamic");
            return;
        }
        String name = stage.allotment().namespace() + "/web";
        List<String> rules = NodeState.rulesOfFamily(stage)
                .lines()
                .filter(l -> l.contains(name) && l.contains("-set "))
                .toList();
        Assertions.assertThat(rules.stream().filter(l -> l.contains("--match-set")))
                .hasSize(3);
        Assertions.assertThat(rules.stream().filter(l -> l.contains("--exist --timeout 600")))
                .hasSize(3);
    }

    private static void expectSameAsBefore(Stage stage) {
        stage.stillOpen("before");
        NodeState.expectAnswersOf(
                stage.openedTo("before"), stage, fromPod("a3").to("web", 80).times(6));
    }

    private static ServiceTemplate sticky(String... pods) {
        return web(pods).spec("sessionAffinity", "ClientIP");
    }

    private static ServiceTemplate on(EndpointTemplate... endpoints) {
        return web(endpoints).spec("sessionAffinity", "ClientIP");
    }
}
