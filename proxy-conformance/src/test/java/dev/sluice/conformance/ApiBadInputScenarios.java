// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import java.util.List;

/** Objects that a real API server would not admit: the daemon validates them field by field. */
final class ApiBadInputScenarios {
    private ApiBadInputScenarios() {}

    static List<Scenario> all() {
        return List.of(scenario(
                        "api-port-numbers", "50", "port numbers that are none are left out, the ports beside them work")
                .in(IPTABLES)
                .given(
                        service("web")
                                .port("zero", TCP, 0, 8080)
                                .port("big", TCP, 65536, 8080)
                                .port("http", TCP, 80, 8080)
                                .slice(slice("web", "s").port("http", TCP, 8080).on("b2"))
                                .slice(slice("web", "zero").port("http", TCP, 0).on("a2"))
                                .slice(slice("web", "big")
                                        .port("http", TCP, 65536)
                                        .on("a4")),
                        http("np").on("b4").literalNodePort(65536),
                        http("other").on("b3").nodePort())
                .then(fromPod("a3").to("web", 80).times(8), reaches("b2"))
                .then(fromPod("a3").to("np", 80), reaches("b4"))
                .then(fromClient().toNodePort("other", 80), reaches("b3"))
                .act("each is reported", stage -> {
                    expectLine(stage, "/web: spec.ports[0].port: 0 is not a port; want 1 to 65535");
                    expectLine(stage, "/web: spec.ports[1].port: 65536 is not a port; want 1 to 65535");
                    expectLine(stage, "/np: spec.ports[0].nodePort: 65536 is not a port; want 1 to 65535");
                    expectLine(stage, "ports[0].port: 0 is not a port; want 1 to 65535");
                    expectLine(stage, "ports[0].port: 65536 is not a port; want 1 to 65535");
                })
                .build());
    }

    private static void expectLine(Stage stage, String words) {
        String namespace = " " + stage.allotment().namespace() + "/";
        stage.eventually(
                "a line about " + namespace + " says " + words,
                () -> stage.daemon()
                        .logText()
                        .lines()
                        .anyMatch(line -> line.contains(namespace) && line.contains(words)));
    }
}
