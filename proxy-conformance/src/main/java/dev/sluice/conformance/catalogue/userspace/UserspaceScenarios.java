// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.Fails.CLOSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;

/** The basic behaviour of a proxy in user space. */
public final class UserspaceScenarios {
    private static final int MANY = 10_000_000;

    private UserspaceScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("half-close", "202", "an endpoint may go on talking after the client has finished")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("the end of the stream travels alone", UserspaceScenarios::halfClose)
                        .build(),
                scenario("dead-endpoint", "198", "a connection refused by one endpoint goes to the next")
                        .in(USERSPACE)
                        .given(http("web")
                                .slice(slice("web", "dead")
                                        .port("", TCP, Lab.DEAD_PORT)
                                        .on("a2"))
                                .slice(slice("web", "good").port("", TCP, 8080).on("b2")))
                        .then(fromPod("a3").to("web", 80).times(10), reaches("b2"))
                        .build(),
                scenario("silent-endpoint", "198", "a connection that one endpoint does not answer goes to the next")
                        .in(USERSPACE)
                        .given(web(endpoint(EndpointTemplate.BLACK_HOLE), endpoint("b2")))
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .build(),
                scenario("all-dead", "199", "when every endpoint refuses the client's connection is closed")
                        .in(USERSPACE)
                        .given(http("web")
                                .slice(slice("web", "dead")
                                        .port("", TCP, Lab.DEAD_PORT)
                                        .on("a2", "b2")))
                        .then(fromPod("a3").to("web", 80), CLOSED)
                        .build(),
                scenario("bulk", "205", "ten megabytes pass in each direction")
                        .given(web().nodePort())
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .act("up and down", UserspaceScenarios::bulk)
                        .build(),
                scenario("listeners", "195, 201", "the number of listening sockets does not grow with the Services")
                        .in(USERSPACE)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("thirty more Services", UserspaceScenarios::expectFewListeners)
                        .build());
    }

    private static void halfClose(Stage stage) throws IOException {
        try (Connection connection = stage.connect(fromPod("a3").to("web", 80))) {
            connection.ask();
            connection.halfClose();
            Assertions.assertThat(connection.readLine()).hasValue("end pod=b2 received=6");
            Assertions.assertThat(connection.readLine()).isEmpty();
        }
    }

    private static void bulk(Stage stage) throws IOException {
        try (Connection connection = stage.connect(fromClient().toNodePort("web", 80))) {
            connection.send("bulk " + MANY + "\n");
            connection.input().skipNBytes(MANY);
            connection.send("#");
            ByteBuffer block = ByteBuffer.wrap("#".repeat(1000).getBytes(StandardCharsets.US_ASCII));
            for (int sent = 0; sent < MANY; sent += block.capacity()) {
                connection.send(block.rewind());
            }
            connection.halfClose();
            int received = MANY + ("bulk " + MANY + "\n#").length();
            Assertions.assertThat(connection.readLine()).hasValue("end pod=b2 received=" + received);
        }
    }

    private static void expectFewListeners(Stage stage) {
        List<ServiceTemplate> many = new ArrayList<>(List.of(web()));
        for (int i = 0; i < 30; i++) {
            many.add(http("web-" + i).on("b2"));
        }
        stage.given(many);
        long listeners = stage.lab()
                .node()
                .run("ss", "-Hltnp")
                .orThrow()
                .lines()
                .filter(l -> l.contains("pid=" + stage.daemon().pid() + ","))
                .count();
        Assertions.assertThat(listeners)
                .as("listening TCP sockets of the daemon")
                .isBetween(1L, 12L);
    }
}
