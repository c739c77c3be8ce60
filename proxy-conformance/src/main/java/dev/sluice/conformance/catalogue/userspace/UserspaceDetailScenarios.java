// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.nio.channels.DatagramChannel;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.assertj.core.api.Assertions;

/** Flows, affinity and changes in userspace mode. */
public final class UserspaceDetailScenarios {
    private static final int DATAGRAM = 5000;

    private UserspaceDetailScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("udp-pause", "138", "a UDP client that pauses for a moment keeps its endpoint and its flow")
                        .in(USERSPACE)
                        .given(dns("b2", "b3"))
                        .then(
                                fromPod("a3").to("dns", 53).udp().times(12),
                                reaches("b2", "b3").each())
                        .act("it pauses for longer than kube-proxy's 250 ms", UserspaceDetailScenarios::pause)
                        .build(),
                scenario("udp-large", "139", "a datagram of 5000 bytes arrives whole")
                        .in(USERSPACE)
                        .given(dns("b2"))
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b2"))
                        .act("its size is reported", UserspaceDetailScenarios::largeDatagram)
                        .build(),
                scenario("udp-set-elements", "-", "a UDP Service that is added changes no rule, but adds set elements")
                        .in(USERSPACE)
                        .act("rules and sockets stay as they are", UserspaceDetailScenarios::addAndRemove)
                        .build(),
                scenario("all-silent", "200", "when no endpoint answers the client is reset after four attempts")
                        .in(USERSPACE)
                        .given(web(endpoint(EndpointTemplate.BLACK_HOLE)))
                        .act("the client waits", UserspaceDetailScenarios::allSilent)
                        .build(),
                scenario(
                                "affinity-dead-endpoint",
                                "203",
                                "a client whose endpoint died moves to another and stays there")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web(endpoint("b2"), endpoint("b3")).spec("sessionAffinity", "ClientIP"))
                        .then(
                                fromPod("a3").to("web", 80).times(4),
                                reaches("b2", "b3").alwaysTheSame())
                        .act("its endpoint refuses for a while", UserspaceDetailScenarios::deadEndpoint)
                        .build(),
                scenario("service-changes", "204", "a connection outlives changes of its Service")
                        .given(web(endpoint("b2")))
                        .open("first", fromPod("a3").to("web", 80))
                        .given(web(endpoint("b2")).nodePort())
                        .stillOpen("first")
                        .given(service("web")
                                .port("http", TCP, 80, 8080)
                                .port("more", TCP, 81, 9090)
                                .on("b2")
                                .nodePort())
                        .then(fromPod("a3").to("web", 81), reaches("b2"))
                        .stillOpen("first")
                        .build());
    }

    /** The pause is the subject of this test. */
    private static void pause(Stage stage) throws InterruptedException {
        Probe probe = fromPod("a4").to("dns", 53).udp().socket(1);
        Outcome before = stage.calls(probe).getFirst();
        Thread.sleep(400);
        Outcome after = stage.calls(probe).getFirst();
        Assertions.assertThat(before).isInstanceOf(Outcome.Answer.class);
        Assertions.assertThat(after)
                .as("the same Pod, seeing the same port of the proxy")
                .isEqualTo(before);
    }

    private static void addAndRemove(Stage stage) {
        String rules = ownRules(stage);
        String sockets = udpSockets(stage);
        String portal = stage.allotment().clusterIp("dns") + ",udp:53";
        stage.given(List.of(dns("b2").nodePort().externalIp()));
        stage.check(fromPod("a3").to("dns", 53).udp().times(2), reaches("b2"));
        stage.check(fromPod("a3").toOutside("dns", 53).udp(), reaches("b2"));
        stage.check(fromPod("a3").toNodePort("dns", 53).udp(), reaches("b2"));
        Assertions.assertThat(stage.lab().node().run("ipset", "save").output()).contains(portal);
        Assertions.assertThat(ownRules(stage)).isEqualTo(rules).contains("-A SLUICE-REDIRECT -p udp");
        Assertions.assertThat(udpSockets(stage)).isEqualTo(sockets);
        stage.given(List.of());
        stage.check(fromPod("a3").to("dns", 53).udp(), NOT_SERVED);
        Assertions.assertThat(stage.lab().node().run("ipset", "save").output()).doesNotContain(portal);
        Assertions.assertThat(ownRules(stage)).isEqualTo(rules);
    }

    private static String ownRules(Stage stage) {
        return NodeState.rulesOfFamily(stage)
                .lines()
                .filter(line -> line.startsWith("-A ") && line.contains("SLUICE-"))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    /** The sockets that datagrams are redirected to; others belong to open flows, also of other scenarios. */
    private static String udpSockets(Stage stage) {
        IpAddress node = LabAddresses.of(LabAddresses.NODE_A, stage.family());
        return stage.lab()
                .node()
                .run("ss", "-Hlun", "src", node.toString())
                .output()
                .lines()
                .filter(line -> line.startsWith("UNCONN"))
                .sorted()
                .collect(Collectors.joining("\n"));
    }

    private static void largeDatagram(Stage stage) throws IOException {
        IpAddress address = stage.allotment().clusterIp("dns");
        try (DatagramChannel channel = stage.lab().pod("a3").udpSocket(stage.family())) {
            InetSocketAddress target = new InetSocketAddress(address.toInetAddress(), 53);
            channel.connect(target);
            byte[] question = new byte[DATAGRAM];
            Arrays.fill(question, (byte) '?');
            channel.socket().setSoTimeout(5000);
            channel.socket().send(new DatagramPacket(question, question.length, target));
            DatagramPacket answer = new DatagramPacket(new byte[64], 64);
            channel.socket().receive(answer);
            Assertions.assertThat(new String(answer.getData(), 0, answer.getLength(), StandardCharsets.US_ASCII))
                    .isEqualTo("bytes=" + DATAGRAM + "\n");
        }
    }

    private static void allSilent(Stage stage) {
        Assertions.assertThat(UserspaceLimitScenarios.timeUntilClosed(stage))
                .isBetween(Duration.ofMillis(3700), stage.session().stretched(Duration.ofSeconds(10)));
    }

    private static void deadEndpoint(Stage stage) {
        Probe call = fromPod("a3").to("web", 80);
        String first = ((Outcome.Answer) stage.calls(call).getFirst()).pod();
        String second = first.equals("b2") ? "b3" : "b2";
        LabHost pod = stage.lab().pod(first);
        String tool = NodeState.tool(stage, "");
        pod.run(tool, "-w", "-A", "INPUT", "-p", "tcp", "--dport", "8080", "-j", "REJECT", "--reject-with", "tcp-reset")
                .orThrow();
        NodeState.expectAnswersOf(second, stage, call.times(4));
        pod.run(tool, "-w", "-F", "INPUT").orThrow();
        Assertions.assertThat(stage.caller(first).tcp(pod.address(stage.family()), 8080))
                .isInstanceOf(Outcome.Answer.class);
        NodeState.expectAnswersOf(second, stage, call.times(6));
    }
}
