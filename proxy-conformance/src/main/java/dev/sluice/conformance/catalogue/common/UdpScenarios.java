// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.Scenario.scenario;

import dev.sluice.conformance.scenario.Scenario;
import java.util.List;

/** Datagrams, and their conntrack entries. */
public final class UdpScenarios {
    private UdpScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("udp-pod", "17", "a Pod's datagram is answered")
                        .given(dns("b2"))
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b2"))
                        .build(),
                scenario("udp-host", "18", "a datagram of a process on the node is answered")
                        .given(dns("a2"))
                        .then(fromNode().to("dns", 53).udp(), reaches("a2"))
                        .build(),
                scenario("udp-spread", "19, 20", "datagrams of many clients spread over the endpoints")
                        .given(dns("a2", "b2"))
                        .then(
                                fromPod("a3").to("dns", 53).udp().times(30),
                                reaches("a2", "b2").each())
                        .build(),
                scenario("udp-hairpin", "34", "a Pod's datagram to itself through the Service is answered")
                        .given(dns("a2"))
                        .then(fromPod("a2").to("dns", 53).udp(), reaches("a2").seeingTheNode())
                        .build(),
                scenario(
                                "udp-endpoint-replaced",
                                "130",
                                "a client that keeps its port follows when the endpoint is replaced")
                        .given(dns("b2"))
                        .then(fromPod("a3").to("dns", 53).udp().socket(1), reaches("b2"))
                        .given(dns("b3"))
                        .then(fromPod("a3").to("dns", 53).udp().socket(1), reaches("b3"))
                        .build(),
                scenario(
                                "udp-before-service",
                                "131, trap 1",
                                "a client that sent before the Service existed is served without a restart")
                        .given()
                        .then(fromPod("a4").to("dns", 53).udp().socket(1), NOT_SERVED)
                        .given(dns("b2"))
                        .then(fromPod("a4").to("dns", 53).udp().socket(1), reaches("b2"))
                        .build());
    }
}
