// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import java.util.List;
import java.util.function.Function;

/** UDP clients that keep their socket while the endpoints that a policy allows them come and go. */
public final class UdpPolicyScenarios {
    private static final String EXTERNAL = "externalTrafficPolicy";
    private static final String INTERNAL = "internalTrafficPolicy";

    private UdpPolicyScenarios() {}

    public static List<Scenario> all() {
        Probe toNodePort = fromClient().toNodePort("dns", 53).udp().socket(1);
        Probe toLoadBalancer = fromClient().toOutside("dns", 53).udp().socket(1);
        Probe toExternalIp = fromClient().toOutside("dns", 53).udp().socket(1);
        Probe toClusterIp = fromPod("a4").to("dns", 53).udp().socket(1);
        Probe outsider = fromClient().toNodePort("dns", 53).udp().socket(1);
        Probe insider = fromPod("a4").to("dns", 53).udp().socket(2);
        Probe podToClusterIp = fromPod("a4").to("dns", 53).udp().socket(1);
        Probe podToNodePort = fromPod("a4").toNodePort("dns", 53).udp().socket(1);
        Probe clientToClusterIp = fromClient().to("dns", 53).udp().socket(2);
        Probe clientToNodePort = fromClient().toNodePort("dns", 53).udp().socket(2);
        Probe toDns = fromPod("a5").to("dns", 53).udp().socket(1);
        Probe toNames = fromPod("a5").to("names", 53).udp().socket(1);
        return List.of(
                handover("node-port", toNodePort, pods -> local(EXTERNAL, pods).nodePort()),
                handover("lb", toLoadBalancer, pods -> local(EXTERNAL, pods).loadBalancer()),
                handover(
                        "external-ip",
                        toExternalIp,
                        pods -> local(EXTERNAL, pods).externalIp()),
                handover("internal", toClusterIp, pods -> local(INTERNAL, pods)),
                scenario(
                                "udp-policies-of-one-socket",
                                "-",
                                "each portal keeps its own policy, whichever else the client's socket sends to")
                        .given(dns("b2").spec(INTERNAL, "Local").nodePort())
                        .then(podToNodePort, reaches("b2"))
                        .then(podToClusterIp, DROPPED)
                        .then(podToNodePort, reaches("b2"))
                        .given(dns("a2", "b2").spec(INTERNAL, "Local").nodePort())
                        .then(podToClusterIp.times(4), reaches("a2"))
                        .then(podToNodePort, reaches("a2", "b2"))
                        .given(local(EXTERNAL, "b2").nodePort())
                        .then(clientToClusterIp, reaches("b2"))
                        .then(clientToNodePort, DROPPED)
                        .then(clientToClusterIp, reaches("b2"))
                        .build(),
                scenario("udp-services-of-one-socket", "-", "a client's socket reaches each Service that it sends to")
                        .given(
                                dns("a2"),
                                service("names").port("dns", UDP, 53, 5353).on("b2"))
                        .then(toDns, reaches("a2"))
                        .then(toNames, reaches("b2"))
                        .then(toDns.times(2), reaches("a2"))
                        .then(toNames.times(2), reaches("b2"))
                        .build(),
                scenario(
                                "udp-policy-turns-local",
                                "-",
                                "a policy that turns Local moves the open flows of outside clients, and no others")
                        .in(USERSPACE)
                        .given(dns("b2").nodePort())
                        .then(outsider, reaches("b2"))
                        .then(insider, reaches("b2"))
                        .given(local(EXTERNAL, "b2").nodePort())
                        .then(outsider, DROPPED)
                        .then(insider, reaches("b2"))
                        .given(local(EXTERNAL, "a2", "b2").nodePort())
                        .then(outsider, reaches("a2"))
                        .then(insider, reaches("a2", "b2"))
                        .build());
    }

    private static ServiceTemplate local(String policy, String... pods) {
        return dns(pods).spec(policy, "Local");
    }

    private static Scenario handover(String name, Probe probe, Function<String[], ServiceTemplate> service) {
        return scenario(
                        "udp-local-handover-" + name,
                        "-",
                        "under policy Local a client's socket is served by local endpoints only, one after the other")
                .given(service.apply(new String[] {"a2", "b2"}))
                .then(probe, reaches("a2"))
                .given(service.apply(new String[] {"b2"}))
                .then(probe, DROPPED)
                .given(service.apply(new String[] {"a3", "b2"}))
                .then(probe, reaches("a3"))
                .build();
    }
}
