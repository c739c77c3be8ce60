// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Load balancer addresses and external IPs. */
public final class OutsideAddressScenarios {
    private static final String CLIENT_RANGES = "[\"192.168.20.0/24\", \" fd00:20::/64 \"]";
    private static final String OTHER_RANGES = "[\"192.0.2.0/24\", \"2001:db8:dead::/64\"]";

    private OutsideAddressScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("lb-pod", "99", "a Pod reaches a load balancer address inside the node")
                        .given(web().loadBalancer())
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-client", "99", "an outside client routed to the node reaches a load balancer address")
                        .given(web().loadBalancer())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-mode-proxy", "100", "a load balancer address with ipMode Proxy is not captured")
                        .given(web().loadBalancer("Proxy"))
                        .then(fromPod("a3").toOutside("web", 80), NOT_SERVED)
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-mode-vip", "101", "a load balancer address with ipMode VIP is captured")
                        .given(web().loadBalancer("VIP"))
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-hostname", "102", "a load balancer with a name only does not disturb the cluster IP")
                        .given(web().loadBalancerHostname())
                        .then(fromClient().toOutside("web", 80), NOT_SERVED)
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-withdrawn", "103", "a load balancer address that is withdrawn is not captured any more")
                        .given(web().loadBalancer())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .given(web().loadBalancerPending())
                        .then(fromClient().toOutside("web", 80), NOT_SERVED)
                        .then(fromClient().to("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-range-in", "104, 109", "a client in the source ranges reaches the load balancer address")
                        .given(web().loadBalancer().spec("loadBalancerSourceRanges", CLIENT_RANGES))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario(
                                "lb-range-out",
                                "105, 106, 107",
                                "a client outside the source ranges reaches node port and cluster IP only")
                        .given(web().loadBalancer().spec("loadBalancerSourceRanges", OTHER_RANGES))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromClient().to("web", 80), reaches("b2"))
                        .build(),
                scenario("external-ip", "115", "a client routed to the node reaches an external IP")
                        .given(web().externalIp())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario(
                                "external-ip-gate",
                                "117",
                                "with the gate AllowServiceExternalIPs off an external IP is not served, a load"
                                        + " balancer's is")
                        .setup(DaemonSetup.DEFAULT.with("--feature-gates=AllowServiceExternalIPs=false,OfAnother=true"))
                        .given(
                                web().externalIp(),
                                service("lb").port(81, 8080).on("b3").loadBalancer())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .then(fromClient().toOutside("lb", 81), reaches("b3"))
                        .then(fromClient().toOutside("web", 80), NOT_SERVED)
                        .then(fromNode().toOutside("web", 80), NOT_SERVED)
                        .act("the feature gate without effect is reported", stage -> {
                            NodeState.expectLogged(stage, "feature gate OfAnother=true has no effect");
                        })
                        .build(),
                scenario("external-ip-host", "115", "a process on the node reaches an external IP")
                        .given(web().externalIp())
                        .then(fromNode().toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario(
                                "external-ip-of-node",
                                "116, trap 16",
                                "an external IP that is an address of the node is proxied where it is")
                        .given(service("web").port(1116, 8080).on("b2").externalIps("192.168.20.1", "fd00:20::1"))
                        .act("the client reaches it", OutsideAddressScenarios::reachNodeAddress)
                        .act("it is not bound a second time", OutsideAddressScenarios::expectBoundOnce)
                        .build(),
                scenario("external-ip-broken", "118", "an external IP that is none is reported, the others work")
                        .given(web().externalIps("203.0.113.999", "", "0.0.0.0").externalIp())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("it is reported", stage -> {
                            NodeState.expectReported(stage, "web");
                            NodeState.expectProblem(stage, "web", "spec.externalIPs[0]", "'203.0.113.999'");
                        })
                        .build(),
                scenario(
                                "lb-other-family",
                                "trap 20",
                                "a load balancer address of the other family does not disturb a Service of one family")
                        .given(web().loadBalancer().otherIngress())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                scenario("lb-without-node-ports", "trap 38", "a load balancer address works without node ports")
                        .given(web().ingress()
                                .spec("type", "LoadBalancer")
                                .spec("allocateLoadBalancerNodePorts", "false"))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .build());
    }

    private static void reachNodeAddress(Stage stage) {
        IpAddress second = LabAddresses.secondOfNode(stage.family());
        stage.eventually(
                "the client reaches " + second,
                () -> stage.lab().client().tcp(second, 1116) instanceof Outcome.Answer answer
                        && answer.pod().equals("b2"));
    }

    private static void expectBoundOnce(Stage stage) {
        IpAddress second = LabAddresses.secondOfNode(stage.family());
        String addresses = stage.lab().node().run("ip", "-o", "addr").orThrow();
        Assertions.assertThat(addresses.lines().filter(l -> l.contains(" " + second + "/")))
                .hasSize(1)
                .noneMatch(l -> l.contains("kube-ipvs0"));
    }
}
