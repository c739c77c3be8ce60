// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.net.Protocol.SCTP;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;
import static dev.sluice.testkit.lab.LabAddresses.NODE_B;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.util.List;
import org.assertj.core.api.Assertions;

/**
 * External addresses that another node or an endpoint has: the Service is served there, and the rest of the address is
 * left to its owner.
 */
public final class AddressOwnerScenarios {
    private static final String[] OF_NODE_B = {"192.168.10.2", "fd00:10::2"};
    private static final String[] OF_BOTH_NODES = {"192.168.10.2", "fd00:10::2", "192.168.10.1", "fd00:10::1"};
    private static final String[] OF_A4 = {"10.244.1.4", "fd00:244:1::4"};
    private static final String POLICY = "externalTrafficPolicy";
    private static final String NOBODY = "[\"192.0.2.0/24\", \"2001:db8:dead::/64\"]";

    private AddressOwnerScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "external-ip-of-other-node",
                                "-",
                                "an external IP that another node has is served, and that node's own ports and pings"
                                        + " still reach it")
                        .given(service("web")
                                .port("http", TCP, 1117, 8080)
                                .port("dns", UDP, 1118, 5353)
                                .on("b2")
                                .externalIps(OF_NODE_B))
                        .then(fromPod("a3").toHost(NODE_B, 1117), reaches("b2"))
                        .then(fromClient().toHost(NODE_B, 1117), reaches("b2"))
                        .then(fromPod("a3").toHost(NODE_B, 1118).udp(), reaches("b2"))
                        .then(fromClient().toHost(NODE_B, 1118).udp(), reaches("b2"))
                        .act("the rest of the address is node-b's", AddressOwnerScenarios::expectOwnerReached)
                        .act("the Service is reported", stage -> expectReported(stage, "spec.externalIPs"))
                        .given(service("web").port("http", TCP, 1117, 8080).externalIps(OF_NODE_B))
                        .then(fromPod("a3").toHost(NODE_B, 1117), REFUSED)
                        .build(),
                scenario("external-ip-of-other-node-host", "-", "the node reaches an external IP that another node has")
                        .given(service("web")
                                .port("http", TCP, 1119, 8080)
                                .port("dns", UDP, 1120, 5353)
                                .on("a2", "b2")
                                .externalIps(OF_NODE_B))
                        .then(
                                fromNode().toHost(NODE_B, 1119).times(20),
                                reaches("a2", "b2").each())
                        .then(fromNode().toHost(NODE_B, 1120).udp(), reaches("a2", "b2"))
                        .build(),
                scenario(
                                "lb-of-all-nodes",
                                "-",
                                "a load balancer that names the nodes' addresses cuts no node off from another")
                        .given(service("web").port(1121, 8080).on("a2", "b2").loadBalancerAt(OF_BOTH_NODES))
                        .then(
                                fromPod("a3").toHost(NODE_B, 1121).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient().toHost(NODE_B, 1121).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient().toHost("node-a", 1121).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient().toNodePort("web", 1121).times(20),
                                reaches("a2", "b2").each())
                        .act("the rest of the address is node-b's", AddressOwnerScenarios::expectOwnerReached)
                        .act("the Service is reported", stage -> expectReported(stage, "status.loadBalancer.ingress"))
                        .build(),
                scenario(
                                "lb-of-all-nodes-local",
                                "-",
                                "a Local policy holds at another node's address too, for clients and for Pods")
                        .given(local().on("a2", "b2"))
                        .then(
                                fromClient().toHost(NODE_B, 1122).times(4),
                                reaches("a2").seeingTheCaller())
                        .then(
                                fromPod("a3").toHost(NODE_B, 1122).times(20),
                                reaches("a2", "b2").each())
                        .given(local().on("b2"))
                        .then(fromClient().toHost(NODE_B, 1122), DROPPED)
                        .then(fromPod("a3").toHost(NODE_B, 1122), reaches("b2"))
                        .build(),
                scenario("lb-of-all-nodes-range", "-", "source ranges hold at another node's address too")
                        .given(service("web")
                                .port(1123, 8080)
                                .on("b2")
                                .loadBalancerAt(OF_BOTH_NODES)
                                .spec("loadBalancerSourceRanges", NOBODY))
                        .then(fromClient().toHost(NODE_B, 1123), DROPPED)
                        .then(fromClient().toNodePort("web", 1123), reaches("b2"))
                        .build(),
                scenario("external-ip-of-other-node-sctp", "-", "SCTP at an external IP that another node has")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .setup(DaemonSetup.DEFAULT.needingSctp())
                        .given(service("sctp")
                                .port("s", SCTP, 1124, Lab.SCTP_PORT)
                                .on("b2")
                                .externalIps(OF_NODE_B))
                        .then(fromPod("a3").toHost(NODE_B, 1124).sctp(), reaches("b2"))
                        .build(),
                scenario(
                                "external-ip-of-endpoint",
                                "-",
                                "an external IP is left to an endpoint as soon as, and as long as, one has it")
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(claiming())
                        .then(fromClient().toHost("a4", 1125), reaches("b2"))
                        .act("it is bound in ipvs mode", stage -> expectBound(stage, true))
                        .given(claiming(), service("other").port(80, 8080).on("a4"))
                        .act("it is not bound any more", stage -> expectBound(stage, false))
                        .act(
                                "a4's own port is reached",
                                stage -> NodeState.expectAnswersOf(
                                        "a4", stage, fromClient().toHost("a4", 9090)))
                        .then(fromClient().toHost("a4", 1125), reaches("b2"))
                        .then(fromPod("a3").to("other", 80), reaches("a4"))
                        .given(claiming())
                        .act("it is bound again", stage -> expectBound(stage, true))
                        .then(fromClient().toHost("a4", 1125), reaches("b2"))
                        .build());
    }

    private static ServiceTemplate local() {
        return service("web").port(1122, 8080).loadBalancerAt(OF_BOTH_NODES).spec(POLICY, "Local");
    }

    private static ServiceTemplate claiming() {
        return service("web").port(1125, 8080).on("b2").externalIps(OF_A4);
    }

    private static void expectOwnerReached(Stage stage) throws IOException {
        IpAddress owner = LabAddresses.of(NODE_B, stage.family());
        try (ServerSocketChannel listener = stage.lab().otherNode().listen(0)) {
            int own = ((InetSocketAddress) listener.getLocalAddress()).getPort();
            for (String host : List.of(LabAddresses.NODE_A, "a3", LabAddresses.CLIENT)) {
                try (Connection connection = stage.caller(host).connect(owner, own)) {
                    Assertions.assertThat(connection).isNotNull();
                }
                Assertions.assertThat(stage.caller(host).ping(owner))
                        .as("what " + host + " gets instead of an answer to its ping")
                        .isEmpty();
            }
        }
    }

    private static void expectReported(Stage stage, String field) {
        if (stage.mode() == ProxyMode.IPVS) {
            NodeState.expectReported(stage, "web");
            NodeState.expectProblem(stage, "web", field, "an address of another node", "not bound to kube-ipvs0");
        }
    }

    private static void expectBound(Stage stage, boolean bound) {
        if (stage.mode() != ProxyMode.IPVS) {
            return;
        }
        IpAddress address = LabAddresses.of("a4", stage.family());
        stage.eventually(
                address + (bound ? " is" : " is not") + " on kube-ipvs0",
                () -> stage.lab()
                        .node()
                        .run("ip", "-o", "addr", "show", "dev", "kube-ipvs0")
                        .orThrow(),
                text -> text.contains(" " + address + "/") == bound);
    }
}
