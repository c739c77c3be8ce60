// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;
import org.assertj.core.api.Assertions;

/** A host whose firewall accepts little on INPUT, which Services must not depend on. */
public final class HostFirewallScenarios {
    private static final String RANGES = "loadBalancerSourceRanges";
    private static final String NOBODY = "[\"192.0.2.0/24\", \"2001:db8:dead::/64\"]";

    private static final int UNUSED_PORT = 4444;

    private HostFirewallScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario("host-firewall", "-", "Services work on a host whose firewall drops what enters it")
                .setup(DaemonSetup.DEFAULT.alone())
                .given(
                        web().nodePort().externalIp(),
                        service("lb").port(81, 8080).on("b3").loadBalancer(),
                        service("ranged").port(82, 8080).on("b3").loadBalancer().spec(RANGES, NOBODY),
                        service("dns").port("dns", UDP, 53, 5353).on("b2").nodePort())
                .act("the firewall drops", HostFirewallScenarios::dropInput)
                .act("a port of the host is closed", HostFirewallScenarios::expectHostPortClosed)
                .then(fromPod("a3").to("web", 80), reaches("b2"))
                .then(fromNode().to("web", 80), reaches("b2"))
                .then(fromClient().toNodePort("web", 80), reaches("b2"))
                .then(fromClient().toOutside("web", 80), reaches("b2"))
                .then(fromClient().toOutside("lb", 81), reaches("b3"))
                .then(fromPod("a3").toOutside("lb", 81), reaches("b3"))
                .then(fromPod("a3").to("dns", 53).udp(), reaches("b2"))
                .then(fromClient().toNodePort("dns", 53).udp(), reaches("b2"))
                .then(fromClient().toOutside("ranged", 82), DROPPED)
                .build());
    }

    /** As hardened hosts have it: replies, pings and the loopback device pass. */
    private static void dropInput(Stage stage) {
        String tool = NodeState.tool(stage, "");
        String ping = stage.family() == IpFamily.IPV4 ? "icmp" : "ipv6-icmp";
        for (String rule : List.of(
                "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                "-A INPUT -p " + ping + " -j ACCEPT",
                "-A INPUT -i lo -j ACCEPT",
                "-P INPUT DROP")) {
            stage.lab().node().run("sh", "-c", tool + " -w " + rule).orThrow();
        }
    }

    private static void expectHostPortClosed(Stage stage) {
        IpAddress node = LabAddresses.of(LabAddresses.NODE_A, stage.family());
        Assertions.assertThat(stage.lab().client().tcp(node, UNUSED_PORT))
                .as("a port of the node on which nobody listens")
                .isNotInstanceOf(Outcome.Refused.class);
    }
}
