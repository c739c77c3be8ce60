// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.iptables;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The counters of the rules, as the daemon shows them. */
public final class CounterScenarios {
    private static final String INVALID = "kubeproxy_iptables_ct_state_invalid_dropped_packets_total";
    private static final String LOCALHOST = "kubeproxy_iptables_localhost_nodeports_accepted_packets_total";

    /** Sends a reset that belongs to no connection, without a checksum, by a raw socket of the address's family. */
    private static final String STRAY_RESET = """
        import socket, struct, sys
        family = socket.AF_INET6 if ":" in sys.argv[1] else socket.AF_INET
        s = socket.socket(family, socket.SOCK_RAW, socket.IPPROTO_TCP)
        s.sendto(struct.pack("!HHLLBBHHH", 41580, 8080, 1, 0, 5 << 4, 4, 0, 0, 0), (sys.argv[1], 0))
        """;

    private CounterScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "count-invalid",
                                "158",
                                "a packet that conntrack calls invalid is dropped on its way and counted")
                        .in(IPTABLES)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .act("stray packets", CounterScenarios::invalid)
                        .build(),
                scenario("count-localhost", "87", "connections to a node port on 127.0.0.1 are counted, others are not")
                        .in(IPTABLES)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web().nodePort())
                        .then(fromPod("a3").toNodePort("web", 80), reaches("b2"))
                        .act("connections to 127.0.0.1", CounterScenarios::localhost)
                        .build());
    }

    private static void invalid(Stage stage) throws IOException {
        double before = stage.daemon().metric(INVALID).orElseThrow();
        IpAddress to = LabAddresses.of("b2", stage.family());
        for (int i = 0; i < 3; i++) {
            stage.lab()
                    .pod("a4")
                    .run("python3", "-c", STRAY_RESET, to.toString())
                    .orThrow();
        }
        stage.eventually(
                INVALID + " has grown by 3",
                () -> stage.daemon().metric(INVALID).orElseThrow() == before + 3);
    }

    private static void localhost(Stage stage) throws IOException {
        Assertions.assertThat(stage.daemon().metric(LOCALHOST)).as(LOCALHOST).hasValue(0);
        int port = stage.allotment().nodePort("web:80");
        for (int i = 1; i <= 3; i++) {
            Outcome outcome = stage.caller(LabAddresses.NODE_A).tcp(IpAddress.of("127.0.0.1"), port);
            Assertions.assertThat(outcome).isInstanceOf(Outcome.Answer.class);
        }
        Assertions.assertThat(stage.daemon().metric(LOCALHOST)).as(LOCALHOST).hasValue(3);
        Outcome outside =
                stage.caller(LabAddresses.NODE_A).tcp(LabAddresses.of(LabAddresses.NODE_A, IpFamily.IPV4), port);
        Assertions.assertThat(outside).isInstanceOf(Outcome.Answer.class);
        Assertions.assertThat(stage.daemon().metric(LOCALHOST)).as(LOCALHOST).hasValue(3);
    }
}
