// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.toDns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.observe.ConntrackEntries;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.lab.Outcome;
import java.util.List;
import org.assertj.core.api.Assertions;

/**
 * The conntrack entries that are kept, and those that must be deleted. Clients keep their source port, so that the
 * kernel takes all their datagrams for one connection; in userspace mode connections lead to the proxy, whatever the
 * endpoint.
 */
public final class ConntrackScenarios {
    private ConntrackScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                replaced(),
                beforeService(),
                terminating(),
                scaledToZero(),
                tcpUntouched(),
                nodePort(),
                foreignHost(),
                serviceGone());
    }

    private static Scenario replaced() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = toDns("a3", 1);
        return tracked(
                        "udp-flow-replaced",
                        "130, 137",
                        "the flow to an endpoint that is replaced is forgotten and counted")
                .in(IPTABLES, IPVS, NFTABLES)
                .given(dns("b2"))
                .then(probe, reaches("b2"))
                .act("what is deleted so far", stage -> flows.count(stage, UDP, "endpoint-gone"))
                .act("the flow is tracked", stage -> flows.remember(stage, probe))
                .given(dns("b3"))
                .then(probe, reaches("b3"))
                .act("the old entry", stage -> flows.expectGone(stage, probe))
                .act("the metrics", stage -> flows.expectCounted(stage, UDP, "endpoint-gone"))
                .build();
    }

    private static Scenario beforeService() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = toDns("a4", 1);
        return tracked(
                        "udp-flow-untranslated",
                        "131, 137, trap 1, trap 3",
                        "a flow that began before the Service existed is forgotten and counted")
                .given()
                .then(probe, NOT_SERVED)
                .act("what is deleted so far", stage -> flows.count(stage, UDP, "untranslated"))
                .act("the flow is tracked", stage -> flows.remember(stage, probe))
                .given(dns("b2"))
                .then(probe, reaches("b2"))
                .act("the old entry", stage -> flows.expectGone(stage, probe))
                .act("the metrics", stage -> flows.expectCounted(stage, UDP, "untranslated"))
                .build();
    }

    private static Scenario terminating() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = toDns("a3", 1);
        return tracked(
                        "udp-flow-terminating",
                        "132, trap 5",
                        "a flow to an endpoint that terminates but still answers is kept")
                .given(dns("b2"))
                .then(probe, reaches("b2"))
                .act("the flow is tracked", stage -> flows.remember(stage, probe))
                .given(dns(endpoint("b2").servingTerminating(), endpoint("b3")))
                .then(toDns("a3", 2), reaches("b3"))
                .act("the entry", stage -> flows.expectUntouched(stage, probe))
                .act("the flow, of which the rules are not asked any more", stage -> {
                    List<Outcome> outcomes = stage.calls(probe);
                    Assertions.assertThat(reaches("b2").agrees(probe, stage.family(), outcomes))
                            .as("the answer is b2's: %s", outcomes)
                            .isTrue();
                })
                .build();
    }

    private static Scenario scaledToZero() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = toDns("a3", 1);
        return tracked(
                        "udp-flow-scaled-to-zero",
                        "133, trap 2",
                        "flows of a Service without endpoints are forgotten, and found again when one is back")
                .given(dns("b2"))
                .then(probe, reaches("b2"))
                .act("what is deleted so far", stage -> flows.count(stage, UDP, "no-endpoints"))
                .act("the flow is tracked", stage -> flows.remember(stage, probe))
                .given(dns())
                .then(probe, REFUSED)
                .act("the old entry", stage -> flows.expectGone(stage, probe))
                .act("the metrics", stage -> flows.expectCounted(stage, UDP, "no-endpoints"))
                .given(dns("b3"))
                .then(probe, reaches("b3"))
                .build();
    }

    private static Scenario tcpUntouched() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = fromPod("a3").to("web", 80);
        return tracked("tcp-flow-untouched", "134", "a TCP connection is not forgotten when its endpoint goes")
                .given(web())
                .open("connection", probe)
                .act("the connection is tracked", stage -> flows.remember(stage, probe))
                .given(web("b3"))
                .then(probe, reaches("b3"))
                .act("the entry", stage -> flows.expectUntouched(stage, probe))
                .stillOpen("connection")
                .build();
    }

    private static Scenario nodePort() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = fromClient().toNodePort("dns", 53).udp().socket(1);
        return tracked("udp-flow-node-port", "135", "the flow to a node port follows when the endpoint is replaced")
                .in(IPTABLES, IPVS, NFTABLES)
                .given(dns("b2").nodePort())
                .then(probe, reaches("b2"))
                .act("the flow is tracked", stage -> flows.remember(stage, probe))
                .given(dns("b3").nodePort())
                .then(probe, reaches("b3"))
                .act("the old entry", stage -> flows.expectGone(stage, probe))
                .build();
    }

    private static Scenario foreignHost() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = fromClient().toNodePort("dns", 53).udp().socket(1);
        return tracked(
                        "udp-flow-foreign-host",
                        "136",
                        "a flow through the node to another host on a node port's number is left alone")
                .given(dns("b2").nodePort())
                .then(probe, reaches("b2"))
                .act("a flow to another host on that number", stage -> {
                    Probe elsewhere = elsewhere(stage);
                    stage.calls(elsewhere);
                    flows.remember(stage, elsewhere);
                })
                .given(dns().nodePort())
                .then(probe, REFUSED)
                .given(dns("b3").nodePort())
                .then(probe, reaches("b3"))
                .act("its entry", stage -> flows.expectUntouched(stage, elsewhere(stage)))
                .build();
    }

    private static Probe elsewhere(Stage stage) {
        return fromPod("a4")
                .toHost("b4", stage.allotment().nodePort("dns:53"))
                .udp()
                .socket(2);
    }

    private static Scenario serviceGone() {
        ConntrackEntries flows = new ConntrackEntries();
        Probe probe = toDns("a4", 1);
        return tracked("udp-flow-service-gone", "133", "the flows of a Service that is deleted are forgotten")
                .given(dns("b2"))
                .then(probe, reaches("b2"))
                .act("what is deleted so far", stage -> flows.count(stage, UDP, "service-gone"))
                .act("the flow is tracked", stage -> flows.remember(stage, probe))
                .given()
                .then(probe, NOT_SERVED)
                .act("the old entry", stage -> flows.expectGone(stage, probe))
                .act("the metrics", stage -> flows.expectCounted(stage, UDP, "service-gone"))
                .build();
    }

    private static Scenario.Builder tracked(String id, String rows, String behaviour) {
        return scenario(id, rows, behaviour)
                .act("entries outlive a slow machine", ConntrackEntries::outliveTheScenario);
    }
}
