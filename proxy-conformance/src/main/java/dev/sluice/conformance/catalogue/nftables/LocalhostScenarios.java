// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.nftables;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.NFTABLES;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Node ports on loopback addresses, where that is switched on. */
public final class LocalhostScenarios {
    private static final DaemonSetup SERVED = DaemonSetup.DEFAULT.with("--nftables-localhost-nodeports");
    private static final Probe WEB = fromNode().toLoopback("web", 80);

    private LocalhostScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("localhost-served", "-", "a process on the node reaches node ports on loopback addresses")
                        .in(NFTABLES)
                        .setup(SERVED)
                        .given(web("a2", "b2").nodePort(), dns("a3", "b3").nodePort())
                        .then(WEB.times(20), reaches("a2", "b2").each())
                        .then(
                                fromNode().toLoopback("dns", 53).udp().times(20),
                                reaches("a3", "b3").each())
                        .then(fromClient().toNodePort("web", 80), reaches("a2", "b2"))
                        .act("no route for loopback addresses is opened", LocalhostScenarios::expectNoLoopbackRoutes)
                        .build(),
                scenario("localhost-addresses", "-", "node ports are served on all loopback addresses, for any source")
                        .in(NFTABLES)
                        .once()
                        .setup(SERVED)
                        .given(web("a2", "b2").nodePort())
                        .act("127.0.0.7 answers", stage -> expectAnswer(stage, "127.0.0.7"))
                        .build(),
                scenario(
                                "localhost-local-policy",
                                "-",
                                "on loopback addresses the external policy Local leaves all endpoints to the node")
                        .in(NFTABLES)
                        .setup(SERVED)
                        .given(local("b2", "b3"))
                        .then(WEB.times(20), reaches("b2", "b3").each())
                        .build(),
                scenario("localhost-refused", "-", "a node port without endpoints refuses on loopback addresses")
                        .in(NFTABLES)
                        .setup(SERVED)
                        .given(http("web").nodePort())
                        .then(WEB, REFUSED)
                        .given(web("b2").nodePort())
                        .then(WEB, reaches("b2"))
                        .build(),
                scenario(
                                "localhost-outlives",
                                "-",
                                "an open connection to a loopback address outlives its Service's endpoints")
                        .in(NFTABLES)
                        .setup(SERVED)
                        .given(web("b2").nodePort())
                        .act("the endpoint is replaced, then the node port removed", LocalhostScenarios::outlive)
                        .build());
    }

    private static ServiceTemplate local(String... pods) {
        return web(pods).nodePort().spec("externalTrafficPolicy", "Local");
    }

    private static void expectNoLoopbackRoutes(Stage stage) {
        Assertions.assertThat(stage.lab()
                        .node()
                        .run("sh", "-c", "cat /proc/sys/net/ipv4/conf/*/route_localnet | sort -u")
                        .orThrow()
                        .strip())
                .isEqualTo("0");
    }

    private static int nodePort(Stage stage) {
        return stage.allotment().nodePort("web:80");
    }

    private static void expectAnswer(Stage stage, String address) {
        Outcome outcome = stage.caller(LabAddresses.NODE_A).tcp(IpAddress.of(address), nodePort(stage));
        Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
    }

    private static void outlive(Stage stage) throws IOException {
        IpAddress loopback = IpAddress.of(stage.family() == IpFamily.IPV4 ? "127.0.0.1" : "::1");
        try (Connection open = stage.caller(LabAddresses.NODE_A).connect(loopback, nodePort(stage))) {
            expectAnswerOf("b2", open.ask());
            stage.given(List.of(web("b3").nodePort()));
            expectAnswerOf("b2", open.ask());
            stage.given(List.of(web("b3")));
            expectAnswerOf("b2", open.ask());
        }
    }

    private static void expectAnswerOf(String pod, Outcome outcome) {
        Assertions.assertThat(outcome)
                .isInstanceOfSatisfying(
                        Outcome.Answer.class,
                        answer -> Assertions.assertThat(answer.pod()).isEqualTo(pod));
    }
}
