// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPVS;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.core.net.Protocol;
import java.util.List;

/** Internal and external traffic policy. */
public final class PolicyScenarios {
    private PolicyScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("internal-local", "52", "with internal policy Local only endpoints of this node are used")
                        .given(web("a2", "b2").spec("internalTrafficPolicy", "Local"))
                        .then(fromPod("a3").to("web", 80).times(20), reaches("a2"))
                        .build(),
                scenario(
                                "internal-local-none",
                                "53",
                                "with internal policy Local and no local endpoint calls are dropped")
                        .given(web().spec("internalTrafficPolicy", "Local"))
                        .then(fromPod("a3").to("web", 80), DROPPED)
                        .build(),
                scenario(
                                "internal-local-empty",
                                "55",
                                "with internal policy Local and no endpoint at all calls are refused")
                        .given(http("web").spec("internalTrafficPolicy", "Local"))
                        .then(fromPod("a3").to("web", 80), REFUSED)
                        .build(),
                scenario("external-local", "56", "with external policy Local a local endpoint sees the client")
                        .given(web("a2", "b2").nodePort().spec("externalTrafficPolicy", "Local"))
                        .then(
                                fromClient().toNodePort("web", 80).times(12),
                                reaches("a2").seeingTheCaller())
                        .build(),
                scenario("external-cluster", "57, trap 44", "with external policy Cluster the endpoint sees the node")
                        .given(web("a2", "b2").nodePort())
                        .then(
                                fromClient().toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each().seeingTheNode())
                        .build(),
                scenario(
                                "external-local-none",
                                "58, trap 12",
                                "with external policy Local and no local endpoint a node port drops")
                        .given(web().nodePort().spec("externalTrafficPolicy", "Local"))
                        .then(fromClient().toNodePort("web", 80), DROPPED)
                        .build(),
                scenario("external-local-none-lb", "59", "the same at a load balancer address")
                        .given(web().loadBalancer().spec("externalTrafficPolicy", "Local"))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .build(),
                scenario("external-local-none-ip", "60", "the same at an external IP")
                        .given(web().externalIp().spec("externalTrafficPolicy", "Local"))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "short-circuit-pod",
                                "61, 64, trap 8",
                                "a Pod at the load balancer address of a Local Service uses all endpoints")
                        .given(web("a2", "b2").loadBalancer().spec("externalTrafficPolicy", "Local"))
                        .then(
                                fromPod("a3").toOutside("web", 80).times(30),
                                reaches("a2", "b2").each())
                        .build(),
                scenario(
                                "short-circuit-all-ways",
                                "61, 63, 64, trap 8, trap 45",
                                "the node and its Pods use all endpoints of a Local Service, the client the local ones")
                        .given(mixed("a2", "b2"))
                        .then(
                                fromPod("a3").toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each().seeingTheCaller())
                        .then(
                                fromPod("a3").toOutside("web", 53).udp().times(20),
                                reaches("a2", "b2").each().seeingTheCaller())
                        .then(
                                fromNode().toOutside("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromNode().toNodePort("web", 53).udp().times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromPod("a2").toOutside("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient().toOutside("web", 80).times(12),
                                reaches("a2").seeingTheCaller())
                        .then(fromClient().toNodePort("web", 53).udp().times(12), reaches("a2"))
                        .given(mixed("b2"))
                        .then(fromPod("a3").toOutside("web", 80).times(6), reaches("b2"))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .given(mixed("a2", "b3"))
                        .then(
                                fromPod("a3").toOutside("web", 80).times(20),
                                reaches("a2", "b3").each())
                        .then(fromClient().toOutside("web", 80).times(12), reaches("a2"))
                        .build(),
                scenario(
                                "short-circuit-source-ranges",
                                "64, 105, trap 8",
                                "source ranges bind the Pods that use all endpoints of a Local Service")
                        .given(mixed("a2", "b2")
                                .spec("loadBalancerSourceRanges", "[\"203.0.113.0/24\", \"2001:db8:113::/64\"]"))
                        .then(fromPod("a3").toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "short-circuit-host",
                                "63, trap 8, trap 45",
                                "a process on the node at that address reaches a remote endpoint")
                        .given(web().loadBalancer().spec("externalTrafficPolicy", "Local"))
                        .then(fromNode().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("external-local-cluster-ip", "67", "external policy Local does not touch the cluster IP")
                        .given(web("a2", "b2").nodePort().spec("externalTrafficPolicy", "Local"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario(
                                "external-local-terminating",
                                "68",
                                "a local terminating endpoint that serves is the fallback of policy Local")
                        .given(web(endpoint("a2").servingTerminating(), endpoint("b2"))
                                .nodePort()
                                .spec("externalTrafficPolicy", "Local"))
                        .then(fromClient().toNodePort("web", 80).times(12), reaches("a2"))
                        .then(fromPod("a3").to("web", 80).times(12), reaches("b2"))
                        .build(),
                scenario(
                                "short-circuit-off",
                                "62",
                                "where Pods cannot be told, a Pod at such an address is dropped like anybody else")
                        .setup(DaemonSetup.DEFAULT.withoutDetector())
                        .given(web().loadBalancer().spec("externalTrafficPolicy", "Local"))
                        .then(fromNode().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "local-none-ipvs",
                                "54, 66",
                                "without a local endpoint the virtual server has the remote ones, for the node and its"
                                        + " Pods")
                        .in(IPVS)
                        .given(web().loadBalancer().spec("externalTrafficPolicy", "Local"))
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .then(fromNode().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().toNodePort("web", 80), DROPPED)
                        .build(),
                scenario(
                                "policy-of-cluster-ip",
                                "69",
                                "on a Service that nothing outside leads to the policy is ignored")
                        .given(web().ingress().spec("externalTrafficPolicy", "Local"))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .then(fromClient().to("web", 80), reaches("b2"))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build());
    }

    private static ServiceTemplate mixed(String... pods) {
        return service("web")
                .port("http", Protocol.TCP, 80, 8080)
                .port("dns", Protocol.UDP, 53, 5353)
                .on(pods)
                .loadBalancer()
                .spec("externalTrafficPolicy", "Local");
    }
}
