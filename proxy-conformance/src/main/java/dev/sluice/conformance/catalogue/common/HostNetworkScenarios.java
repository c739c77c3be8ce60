// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;
import static dev.sluice.testkit.lab.LabAddresses.NODE_A;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.LabAddresses;
import java.util.List;
import java.util.function.Function;

/** Endpoints whose address and port are a portal too, of their own Service or of another one. */
public final class HostNetworkScenarios {
    private static final List<Probe.From> CALLERS = List.of(fromPod("a3"), fromNode(), fromClient());

    private HostNetworkScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                ofNode("external-ip", "an external IP", stage -> ingress(stage).externalIps(nodeAddress(stage))),
                ofNode(
                        "load-balancer",
                        "a load balancer",
                        stage -> ingress(stage).loadBalancerAt(nodeAddress(stage))),
                ofNode(
                        "node-port",
                        "a node port",
                        stage -> ingress(stage).nodePort().literalNodePort(port(stage))),
                ofNode(
                        "local",
                        "a load balancer under policy Local",
                        stage -> ingress(stage)
                                .loadBalancerAt(nodeAddress(stage))
                                .spec("internalTrafficPolicy", "Local")
                                .spec("externalTrafficPolicy", "Local")),
                scenario(
                                "pod-address-is-external-ip",
                                "-",
                                "a Service keeps its endpoints when another one names their address as external IP")
                        .in(IPTABLES, USERSPACE)
                        .act("each is reached", HostNetworkScenarios::reachWhatAStrangerNames)
                        .build());
    }

    private static Scenario ofNode(String name, String portal, Function<Stage, ServiceTemplate> service) {
        return scenario(
                        "host-network-" + name,
                        "-",
                        "a process on the node is reached through " + portal + " of the same address and port")
                .in(USERSPACE)
                .act("every caller reaches it", stage -> {
                    try (AutoCloseable _ = stage.lab().serveAt(stage.lab().node(), port(stage))) {
                        stage.given(List.of(service.apply(stage)));
                        reach(stage, port(stage));
                    }
                })
                .build();
    }

    /** The process, the Service and its portal have the same port, which no other scenario has. */
    private static int port(Stage stage) {
        return stage.allotment().nodePort("ingress");
    }

    private static String nodeAddress(Stage stage) {
        return LabAddresses.of(NODE_A, stage.family()).toString();
    }

    private static ServiceTemplate ingress(Stage stage) {
        int port = port(stage);
        return service("ingress")
                .port("tcp", TCP, port, port)
                .port("udp", UDP, port, port)
                .on(NODE_A);
    }

    private static void reach(Stage stage, int port) {
        for (Probe.From caller : CALLERS) {
            for (Probe probe : List.of(caller.to("ingress", port), caller.toHost(NODE_A, port))) {
                stage.check(probe.times(4), reaches(NODE_A));
                stage.check(probe.udp().times(4), reaches(NODE_A));
            }
        }
    }

    private static void reachWhatAStrangerNames(Stage stage) {
        String pod = LabAddresses.of("a2", stage.family()).toString();
        stage.given(List.of(
                service("web").port(80, 8080).on("a2"),
                service("dns").port("dns", UDP, 53, 5353).on("a2"),
                service("stranger").port("tcp", TCP, 8080, 9090).on("b3").externalIps(pod),
                service("other").port("udp", UDP, 5353, 5353).on("b3").externalIps(pod)));
        for (Probe.From caller : CALLERS) {
            stage.check(caller.to("web", 80).times(4), reaches("a2"));
            stage.check(caller.to("dns", 53).udp().times(4), reaches("a2"));
        }
        stage.check(fromPod("a3").to("stranger", 8080).times(4), reaches("b3"));
    }
}
