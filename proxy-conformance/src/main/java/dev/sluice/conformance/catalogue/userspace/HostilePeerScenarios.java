// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Clients and endpoints that misbehave: they cost the userspace proxy little, and affect no other client. */
public final class HostilePeerScenarios {
    private static final int SILENT_PORT = 7200;

    private HostilePeerScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                hostile(
                                "hostile-half-open",
                                "a client that vanished is noticed, and the connection to its endpoint ends")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("a client vanishes", HostilePeers::vanish)
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                hostile("hostile-never-reads", "clients that ask for much and never read")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("they ask", HostilePeers::neverRead)
                        .build(),
                hostile("hostile-sends-nothing", "many clients that connect and send nothing")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("they connect", HostilePeers::sendNothing)
                        .build(),
                hostile("hostile-resets", "clients that end with a reset while much is on its way")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("they ask, read a part, and reset", HostilePeers::resetInTheMiddle)
                        .build(),
                hostile("hostile-endpoint", "an endpoint that accepts connections and never reads")
                        .given(
                                web(),
                                service("silent")
                                        .port(80, SILENT_PORT)
                                        .slice(slice("silent", "one")
                                                .port("", TCP, SILENT_PORT)
                                                .on("b3")))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("clients send to it", stage -> HostilePeers.neverRead(stage, "b3", SILENT_PORT))
                        .build(),
                hostile("proxy-port", "a connection straight to the proxy's own port is refused, from everywhere")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("they connect straight", HostilePeers::connectStraight)
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                hostile("many-udp-sources", "datagrams from some 65,000 ports: flows are bounded, others are served")
                        .given(withOthers())
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b2"))
                        .act("they come", HostilePeerScenarios::flood)
                        .build());
    }

    private static Scenario.Builder hostile(String id, String what) {
        return scenario(id, "-", what).in(USERSPACE).setup(DaemonSetup.DEFAULT.alone());
    }

    private static ServiceTemplate[] withOthers() {
        List<ServiceTemplate> all = new ArrayList<>(List.of(web(), dns("b2")));
        for (String other : List.of("one", "two", "three")) {
            all.add(service(other).port("dns", UDP, 53, 5353).on("b3"));
        }
        return all.toArray(ServiceTemplate[]::new);
    }

    private static void flood(Stage stage) throws Exception {
        HostileState before = HostileState.of(stage);
        HostilePeers.sendFromEveryPort(stage, "a4", stage.allotment().clusterIp("dns"));
        stage.eventually(
                "datagrams were dropped", () -> HostileState.metric(stage, "datagrams_dropped_total") > 10_000);
        double flows = HostileState.metric(stage, "udp_flows_active");
        stage.note("flows %.0f, %s".formatted(flows, before.growth(stage)));
        Assertions.assertThat(flows).isBetween(1000.0, 65_000.0);
        before.expectLittleMore(stage, 160);
        for (String other : List.of("one", "two", "three")) {
            stage.check(fromPod("a3").to(other, 53).udp().times(4), reaches("b3"));
        }
        stage.check(web80(), reaches("b2"));
        NodeState.expectHealthy(stage);
    }

    /** The calls that must still be answered. */
    static Probe web80() {
        return fromPod("a3").to("web", 80).times(4);
    }

    /** The port that redirected TCP connections of the run's family arrive at. */
    static int proxyPort(Stage stage) {
        String address = LabAddresses.of(LabAddresses.NODE_A, stage.family()).withPort(0);
        String marker = "-p tcp -j DNAT --to-destination " + address.substring(0, address.length() - 1);
        return NodeState.rulesOfFamily(stage)
                .lines()
                .filter(line -> line.startsWith("-A SLUICE-REDIRECT") && line.contains(marker))
                .mapToInt(line -> Integer.parseInt(
                        line.substring(line.indexOf(marker) + marker.length()).strip()))
                .findFirst()
                .orElseThrow();
    }
}
