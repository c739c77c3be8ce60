// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.conformance.scenario.Step;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;

/** Services of two nodes that name each other's portals as endpoints. */
public final class LoopScenarios {
    private static final String OPEN = "sluice_userspace_connections_active";
    private static final String FLOWS = "sluice_userspace_udp_flows_active";
    /** A host's datagram passes 63 routers by default (net.ipv4.ip_default_ttl). */
    private static final double MOST_HOPS = 63;

    private LoopScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                loop(
                        "loop-of-two-nodes",
                        "a connection that goes round between two nodes is ended, and counted",
                        LoopScenarios::connectionGoesRound),
                loop(
                        "loop-of-two-nodes-udp",
                        "a datagram that goes round between two nodes ends after as many rounds as it has hops left",
                        LoopScenarios::datagramGoesRound));
    }

    private static Scenario loop(String id, String what, Step.Action action) {
        return scenario(id, "-", what)
                .in(USERSPACE)
                .once()
                .setup(DaemonSetup.DEFAULT.alone())
                .act("both nodes run the proxy", action)
                .build();
    }

    private interface Round {
        void go(DaemonProcess other, int port) throws Exception;
    }

    private static void goRound(Stage stage, Protocol protocol, Round round) throws Exception {
        int port = stage.allotment().nodePort("loop");
        stage.given(List.of(
                portalOf(stage, "web", protocol, LabAddresses.NODE_A, LabAddresses.NODE_B, port),
                portalOf(stage, "back", protocol, LabAddresses.NODE_B, LabAddresses.NODE_A, port),
                service("good").port(81, 8080).on("b2"),
                dns("b2")));
        DaemonOptions options = new DaemonOptions(
                USERSPACE, stage.session().source(), List.of("--hostname-override=" + LabAddresses.NODE_B));
        try (DaemonProcess other = DaemonProcess.start(
                stage.lab().otherNode(), options, stage.session().folder().resolve("other.log"))) {
            other.awaitReady(stage.session().settle(), IpFamily.values());
            round.go(other, port);
            stage.eventually("it is counted", () -> loops(stage.daemon()) + loops(other) > 0);
            stage.check(fromPod("a3").to("good", 81), reaches("b2"));
            stage.check(fromPod("a3").to("dns", 53).udp(), reaches("b2"));
        }
    }

    private static void connectionGoesRound(Stage stage) throws Exception {
        goRound(stage, TCP, (other, port) -> {
            Outcome outcome = stage.caller("a3").tcp(LabAddresses.of(LabAddresses.NODE_A, stage.family()), port);
            assertThat(outcome).isEqualTo(new Outcome.Closed());
            stage.eventually(
                    "all rounds have ended",
                    () -> stage.daemon().metric(OPEN).orElse(-1)
                            + other.metric(OPEN).orElse(-1),
                    open -> open == 0);
            stage.note((int) stage.daemon()
                            .metric("sluice_userspace_connections_total")
                            .orElse(0) + " rounds");
        });
    }

    private static void datagramGoesRound(Stage stage) throws Exception {
        goRound(stage, UDP, (other, port) -> {
            Outcome outcome = stage.caller("a3").udp(LabAddresses.of(LabAddresses.NODE_A, stage.family()), port);
            assertThat(outcome).isEqualTo(new Outcome.TimedOut());
            double flows = stage.daemon().metric(FLOWS).orElse(-1)
                    + other.metric(FLOWS).orElse(-1);
            assertThat(flows).as("one for each hop that it had left").isBetween(10.0, MOST_HOPS);
            stage.note((int) flows + " flows");
        });
    }

    private static ServiceTemplate portalOf(
            Stage stage, String name, Protocol protocol, String node, String endpoint, int port) {
        return service(name)
                .port("", protocol, port, port)
                .on(endpoint)
                .externalIps(LabAddresses.of(node, stage.family()).toString());
    }

    private static long loops(DaemonProcess daemon) throws java.io.IOException {
        return daemon.metrics()
                .lines()
                .filter(line -> line.startsWith("sluice_service_refusals_total") && line.contains("reason=\"loop\""))
                .count();
    }
}
