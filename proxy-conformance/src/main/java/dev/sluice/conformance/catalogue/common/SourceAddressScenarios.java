// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.CLOSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Whose address endpoints see. */
public final class SourceAddressScenarios {
    private static final String RETRIES = "sluice_service_connect_retries_total";
    private static final String ALL_PORTS = "32768 60999";

    private SourceAddressScenarios() {}

    public static List<Scenario> all() {
        Probe first = fromPod("a3").to("web", 80).socket(1);
        Probe second = fromPod("a3").to("other", 81).socket(1);
        return List.of(
                scenario("source-pod", "29", "an endpoint sees the Pod that calls through a cluster address")
                        .in(IPTABLES, USERSPACE)
                        .given(web("a2", "b2"), dns("a2", "b2"))
                        .then(
                                fromPod("a3").to("web", 80).times(12),
                                reaches("a2", "b2").each().seeingTheCaller())
                        .then(
                                fromPod("a3").to("dns", 53).udp().times(12),
                                reaches("a2", "b2").each().seeingTheCaller())
                        .then(fromNode().to("web", 80), reaches("a2", "b2").seeingTheNode())
                        .then(fromClient().to("web", 80), reaches("a2", "b2").seeingTheNode())
                        .build(),
                scenario("source-policy", "-", "an endpoint that accepts one Pod only is reached by that one only")
                        .in(IPTABLES, USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(service("web").port(80, 9090).on("b2"))
                        .act("the endpoint's node drops other sources", SourceAddressScenarios::acceptOnePod)
                        .then(fromPod("a3").to("web", 80), reaches("b2").seeingTheCaller())
                        .act("another Pod is not answered", SourceAddressScenarios::expectNoAnswer)
                        .build(),
                scenario("source-annotation", "-", "a Service may want its endpoints to see the node")
                        .in(USERSPACE)
                        .given(
                                web().annotation("sluice.dev/source-address", "node"),
                                dns("b2").annotation("sluice.dev/source-address", "node"))
                        .then(fromPod("a3").to("web", 80), reaches("b2").seeingTheNode())
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b2").seeingTheNode())
                        .build(),
                scenario("source-masquerade-all", "31", "with --masquerade-all an endpoint sees the node")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.with("--masquerade-all"))
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2").seeingTheNode())
                        .build(),
                scenario(
                                "source-same-port",
                                "-",
                                "two connections from one port, through two Services to one endpoint, both live")
                        .in(USERSPACE)
                        .given(web(), service("other").port(81, 8080).on("b2"))
                        .open("first", first)
                        .open("second", second)
                        .stillOpen("first")
                        .stillOpen("second")
                        .build(),
                scenario(
                                "source-past-proxy",
                                "-",
                                "from a port that the proxy has just used for it, a Pod reaches the endpoint itself")
                        .in(USERSPACE)
                        .given(web())
                        .act("the same port, straight to the endpoint", SourceAddressScenarios::callPastProxy)
                        .build(),
                scenario(
                                "source-own-connection",
                                "-",
                                "a client's own connection to the endpoint lives on, the proxy takes another port")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web())
                        .act("the first port that the proxy tries is the client's", SourceAddressScenarios::keepOwn)
                        .build(),
                scenario(
                                "source-ports-exhausted",
                                "-",
                                "without a free port of its client's address a connection is reset, and counted")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web())
                        .act("two ports for each source", SourceAddressScenarios::exhaust)
                        .build(),
                scenario(
                                "source-not-possible",
                                "-",
                                "a node that cannot use clients' addresses uses its own, and says so")
                        .in(USERSPACE)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2").seeingTheCaller())
                        .act("sources are validated by mark", stage -> validateByMark(stage, "1"))
                        .then(fromPod("a3").to("web", 80), reaches("b2").seeingTheNode())
                        .act("the log says why", stage -> {
                            NodeState.expectLogged(stage, "endpoints see the address of the node");
                            NodeState.expectLogged(stage, "src_valid_mark");
                            validateByMark(stage, "0");
                        })
                        .build());
    }

    private static void acceptOnePod(Stage stage) {
        String rule = String.format(
                " -d %s -p tcp --dport 9090 ! -s %s -j DROP",
                LabAddresses.of("b2", stage.family()), LabAddresses.of("a3", stage.family()));
        String tool = stage.family() == IpFamily.IPV4 ? "iptables" : "ip6tables";
        stage.lab().otherNode().run("sh", "-c", tool + " -w -A FORWARD" + rule).orThrow();
    }

    private static void expectNoAnswer(Stage stage) {
        Assertions.assertThat(stage.calls(fromPod("a4").to("web", 80))).noneMatch(Outcome.Answer.class::isInstance);
    }

    /** The kernel tries the first of two ports first, and the second one while the first attempt's socket is open. */
    private static void keepOwn(Stage stage) throws IOException {
        ports(stage, "50000 50001");
        try (Connection own =
                stage.caller("a3").fromPort(50_000).connect(LabAddresses.of("b2", stage.family()), 8080)) {
            Assertions.assertThat(own.ask()).isInstanceOf(Outcome.Answer.class);
            double before = ServiceMetrics.value(stage, RETRIES);
            Outcome outcome = stage.calls(fromPod("a3").to("web", 80)).getFirst();
            Assertions.assertThat(outcome)
                    .isInstanceOfSatisfying(
                            Outcome.Answer.class,
                            answer -> Assertions.assertThat(answer.peerPort()).isEqualTo(50_001));
            Assertions.assertThat(ServiceMetrics.value(stage, RETRIES)).isGreaterThan(before);
            Assertions.assertThat(own.ask()).isInstanceOf(Outcome.Answer.class);
        } finally {
            ports(stage, ALL_PORTS);
        }
    }

    private static void exhaust(Stage stage) throws IOException {
        Probe probe = fromPod("a3").to("web", 80);
        ports(stage, "50000 50001");
        try (Connection one = stage.connect(probe);
                Connection two = stage.connect(probe)) {
            Assertions.assertThat(one.ask()).isInstanceOf(Outcome.Answer.class);
            Assertions.assertThat(two.ask()).isInstanceOf(Outcome.Answer.class);
            double before = ServiceMetrics.refusals(stage, "no-source-port");
            Assertions.assertThat(CLOSED.agrees(probe, stage.family(), stage.calls(probe)))
                    .as("the third is closed")
                    .isTrue();
            Assertions.assertThat(ServiceMetrics.refusals(stage, "no-source-port"))
                    .isEqualTo(before + 1);
        } finally {
            ports(stage, ALL_PORTS);
        }
    }

    /** The proxy's socket has both addresses and ports of the Pod's connection for a minute after its own has ended. */
    private static void callPastProxy(Stage stage) {
        Outcome outcome = stage.calls(fromPod("a3").to("web", 80)).getFirst();
        Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        Outcome.Answer seen = (Outcome.Answer) outcome;
        Attempts.until(Duration.ofSeconds(20), "the proxy's connection has ended", () -> {
            String ended =
                    stage.lab().node().run("ss", "-Htan", "state", "time-wait").orThrow();
            return new Observation(ended.contains(":" + seen.peerPort() + " "), ended);
        });
        Assertions.assertThat(stage.lab()
                        .pod("a3")
                        .caller()
                        .fromPort(seen.peerPort())
                        .tcp(LabAddresses.of(seen.pod(), stage.family()), seen.port()))
                .isInstanceOf(Outcome.Answer.class);
    }

    private static void ports(Stage stage, String range) {
        stage.lab()
                .node()
                .run("sh", "-c", "echo " + range + " > /proc/sys/net/ipv4/ip_local_port_range")
                .orThrow();
    }

    /** With a start, which looks at it. */
    private static void validateByMark(Stage stage, String value) {
        stage.session().terminate();
        stage.lab()
                .node()
                .run("sh", "-c", "echo " + value + " > /proc/sys/net/ipv4/conf/eth0/src_valid_mark")
                .orThrow();
        stage.session().start();
    }
}
