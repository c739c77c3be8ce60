// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.HeldConnections;
import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** The traffic counters of Services that the daemon shows. */
public final class TrafficCounterScenarios {
    private static final Probe WEB = fromPod("a3").to("web", 80);

    private TrafficCounterScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario(
                        "traffic-counters",
                        "-",
                        "a Service's connections, packets and bytes are counted, and the open connections of its"
                                + " endpoints")
                .in(IPVS)
                .given(web("b2", "b3").nodePort())
                .act("connections to all addresses are counted", TrafficCounterScenarios::counted)
                .act("open ones are shown by endpoint", TrafficCounterScenarios::busy)
                .act("an address that goes takes nothing away", TrafficCounterScenarios::kept)
                .build());
    }

    private static void counted(Stage stage) throws IOException {
        String connections = series(stage, "sluice_service_connections_total", "");
        double before = value(stage, connections);
        double bytesIn = bytes(stage, "in");
        double bytesOut = bytes(stage, "out");
        HeldConnections.call(stage, WEB.times(6));
        HeldConnections.call(stage, fromClient().toNodePort("web", 80).times(3));
        stage.eventually("9 connections more", () -> value(stage, connections) >= before + 9);
        assertThat(value(stage, connections)).isEqualTo(before + 9);
        stage.eventually(
                "bytes of 9 handshakes in both directions at least",
                () -> bytes(stage, "in") >= bytesIn + 9 * 3 * 40 && bytes(stage, "out") >= bytesOut + 9 * 2 * 40);
        stage.note("9 connections: " + Math.round(bytes(stage, "in") - bytesIn) + " bytes in, "
                + Math.round(bytes(stage, "out") - bytesOut) + " out");
    }

    private static void busy(Stage stage) throws IOException {
        try (HeldConnections held = new HeldConnections(stage)) {
            held.open(WEB.times(5));
            Map<String, Integer> open = held.count();
            for (String pod : List.of("b2", "b3")) {
                stage.eventually(
                        pod + " has its open connections",
                        () -> value(stage, active(stage, pod)) == open.getOrDefault(pod, 0));
            }
            stage.note("held " + open);
            stage.given(List.of(web().nodePort()));
            stage.eventually("b3 drains", () -> value(stage, ofPod(stage, "sluice_endpoint_weight", "b3")) == 0);
            assertThat(value(stage, active(stage, "b3"))).isEqualTo((double) open.getOrDefault("b3", 0));
        }
        stage.eventually("b2 has none", () -> value(stage, active(stage, "b2")) == 0);
    }

    private static void kept(Stage stage) throws IOException {
        String connections = series(stage, "sluice_service_connections_total", "");
        // the kernel adds its counters up every two seconds
        stage.eventually("all 14 connections are counted", () -> value(stage, connections) >= 14);
        double before = value(stage, connections);
        stage.given(List.of(web()));
        assertThat(value(stage, connections)).isEqualTo(before);
        HeldConnections.call(stage, WEB.times(2));
        stage.eventually("2 connections more", () -> value(stage, connections) >= before + 2);
        assertThat(value(stage, connections)).isEqualTo(before + 2);
    }

    private static String active(Stage stage, String pod) {
        return ofPod(stage, "sluice_endpoint_active_connections", pod);
    }

    private static String ofPod(Stage stage, String name, String pod) {
        String endpoint = stage.lab().pod(pod).address(stage.family()).withPort(8080);
        return series(stage, name, "endpoint=\"" + endpoint + "\",");
    }

    private static double bytes(Stage stage, String direction) throws IOException {
        return value(stage, series(stage, "sluice_service_bytes_total", "direction=\"" + direction + "\","));
    }

    /** @param label a label before {@code ip_family} in the order of the page, with a comma */
    private static String series(Stage stage, String name, String label) {
        return ServiceMetrics.series(stage, name, label, "");
    }

    /** The value of the series; fails when the page does not have it. */
    private static double value(Stage stage, String series) throws IOException {
        return stage.daemon().metric(series).orElseThrow(() -> new AssertionError("no " + series));
    }
}
