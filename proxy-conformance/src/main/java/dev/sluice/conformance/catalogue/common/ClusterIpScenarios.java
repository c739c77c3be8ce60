// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import java.util.List;

/** The behaviour of cluster IPs. */
public final class ClusterIpScenarios {
    private ClusterIpScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("pod-to-remote", "14, 17", "a Pod reaches an endpoint on another node")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                scenario("host-to-remote", "18", "a process on the node reaches an endpoint on another node")
                        .given(web())
                        .then(fromNode().to("web", 80), reaches("b2"))
                        .build(),
                scenario("host-to-local", "18", "a process on the node reaches an endpoint on the same node")
                        .given(web("a2"))
                        .then(fromNode().to("web", 80), reaches("a2"))
                        .build(),
                scenario("random-spread", "19, 22", "connections spread over three endpoints at random, evenly")
                        .in(IPTABLES, NFTABLES)
                        .given(web("a2", "b2", "b3"))
                        .then(
                                fromPod("a3").to("web", 80).times(300),
                                reaches("a2", "b2", "b3").fairly())
                        .build(),
                scenario("round-robin", "20", "connections alternate strictly between two endpoints")
                        .in(IPVS, USERSPACE)
                        .given(web("a2", "b2"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b2").evenly())
                        .build(),
                scenario(
                                "no-endpoints-pod",
                                "23, 179, trap 12",
                                "a Pod is refused at once by a Service without endpoints")
                        .given(http("web"))
                        .then(fromPod("a3").to("web", 80), REFUSED)
                        .build(),
                scenario("no-endpoints-host", "24", "a process on the node is refused at once as well")
                        .given(http("web"))
                        .then(fromNode().to("web", 80), REFUSED)
                        .build(),
                scenario("no-endpoints-udp", "25", "a datagram to a Service without endpoints is refused")
                        .given(dns())
                        .then(fromPod("a3").to("dns", 53).udp(), REFUSED)
                        .then(fromNode().to("dns", 53).udp(), REFUSED)
                        .build(),
                scenario("endpoint-comes", "27", "an endpoint that comes later is used")
                        .given(http("web"))
                        .then(fromPod("a3").to("web", 80), REFUSED)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                scenario("last-endpoint-goes", "28", "after the last endpoint has gone the Service refuses")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .given(http("web"))
                        .then(fromPod("a3").to("web", 80), REFUSED)
                        .build(),
                scenario("source-kept", "29", "the endpoint sees the address of the Pod that calls")
                        .given(web("a2", "b2"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b2").each().seeingTheCaller())
                        .build(),
                scenario("off-cluster", "30", "a client outside the cluster CIDR is masqueraded")
                        .given(web("a2", "b2"))
                        .then(
                                fromClient().to("web", 80).times(20),
                                reaches("a2", "b2").each().seeingTheNode())
                        .build(),
                scenario("masquerade-all", "31", "with masquerade-all a calling Pod is masqueraded")
                        .setup(DaemonSetup.DEFAULT.with("--masquerade-all"))
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2").seeingTheNode())
                        .build(),
                scenario("no-detector", "32", "without a cluster CIDR nobody is masqueraded")
                        .in(IPTABLES, NFTABLES)
                        .setup(DaemonSetup.DEFAULT.withoutDetector())
                        .given(web())
                        .then(fromClient().to("web", 80), reaches("b2").seeingTheCaller())
                        .build(),
                scenario("userspace-source", "33", "the endpoint sees an address of the node, if the flag says so")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.with("--userspace-source-address=node"))
                        .given(web("a2", "b2"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b2").each().seeingTheNode())
                        .build(),
                scenario("hairpin", "34, 190, trap 9, trap 44", "an endpoint that reaches itself sees a node address")
                        .given(web("a2"))
                        .then(
                                fromPod("a2").to("web", 80).times(4),
                                reaches("a2").seeingTheNode())
                        .build(),
                scenario("hairpin-among-others", "34", "an endpoint that is one of several reaches itself too")
                        .given(web("a2", "b2"))
                        .then(
                                fromPod("a2").to("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario("unknown-port-refused", "35", "a port of the cluster IP that is not in the Service is refused")
                        .in(IPVS, NFTABLES)
                        .given(web())
                        .then(fromPod("a3").to("web", 99), REFUSED)
                        .build(),
                scenario(
                                "unknown-port-ignored",
                                "36",
                                "a port that is not in the Service is none of the proxy's business")
                        .in(IPTABLES, USERSPACE)
                        .given(web())
                        .then(fromPod("a3").to("web", 99), NOT_SERVED)
                        .build(),
                scenario("endpoint-not-ready-connection", "38", "a connection outlives the readiness of its endpoint")
                        .given(web())
                        .open("first", fromPod("a3").to("web", 80))
                        .given(web("b3"))
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b3"))
                        .stillOpen("first")
                        .build(),
                scenario("churn", "39", "a connection is not disturbed by changes of other Services")
                        .given(web())
                        .open("first", fromPod("a3").to("web", 80))
                        .act("ten changes", ClusterIpScenarios::churn)
                        .stillOpen("first")
                        .build());
    }

    private static void churn(Stage stage) {
        for (int i = 0; i < 10; i++) {
            String pod = i % 2 == 0 ? "a2" : "b3";
            stage.given(List.of(web(), http("busy-" + i).on(pod)));
            stage.stillOpen("first");
        }
    }
}
