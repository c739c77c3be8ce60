// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.EndpointTemplate.endpoint;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.core.config.ProxyMode;
import java.util.List;

/** Topology hints; the node is in zone z1. */
public final class TopologyScenarios {
    private static final Probe CALLS = fromPod("a3").to("web", 80).times(30);

    private TopologyScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("zone-hints", "71", "endpoints with hints for the node's zone are used alone")
                        .given(web(
                                endpoint("a2").zones("z1"),
                                endpoint("b2").zones("z2"),
                                endpoint("b3").zones("z1")))
                        .then(CALLS, reaches("a2", "b3").each())
                        .build(),
                scenario("zone-hint-missing", "72", "one endpoint without a hint makes all of them usable")
                        .given(web(endpoint("a2").zones("z1"), endpoint("b2")))
                        .then(CALLS, reaches("a2", "b2").each())
                        .build(),
                scenario("zone-hints-elsewhere", "73", "hints for other zones only make all endpoints usable")
                        .given(web(endpoint("a2").zones("z2"), endpoint("b2").zones("z3")))
                        .then(CALLS, reaches("a2", "b2").each())
                        .build(),
                scenario("no-zone", "74", "on a node without a zone all endpoints are used")
                        .setup(DaemonSetup.DEFAULT.inZone(""))
                        .given(web(endpoint("a2").zones("z1"), endpoint("b2").zones("z2")))
                        .then(CALLS, reaches("a2", "b2").each())
                        .build(),
                scenario("node-hints", "75", "endpoints with hints for the node are used alone")
                        .given(web(
                                endpoint("a2").nodes("node-a"), endpoint("b2").nodes("node-b")))
                        .then(CALLS, reaches("a2"))
                        .build(),
                scenario("node-hints-elsewhere", "76", "when node hints are for other nodes the zone hints count")
                        .given(web(
                                endpoint("b2").nodes("node-b").zones("z1"),
                                endpoint("b3").nodes("node-c").zones("z2")))
                        .then(CALLS, reaches("b2"))
                        .build(),
                scenario("zone-changes", "77", "the endpoints follow the zone of the node")
                        .in(ProxyMode.IPTABLES, ProxyMode.IPVS, ProxyMode.NFTABLES)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web(endpoint("a2").zones("z1"), endpoint("b2").zones("z2")))
                        .then(CALLS, reaches("a2"))
                        .act("the node moves to z2", stage -> stage.session().node(DaemonSetup.DEFAULT.inZone("z2")))
                        .then(CALLS, reaches("b2"))
                        .build(),
                scenario("unready-without-hint", "78", "an endpoint that is not ready needs no hint")
                        .given(web(
                                endpoint("a2").zones("z1"),
                                endpoint("b2").zones("z2"),
                                endpoint("b3").notReady()))
                        .then(CALLS, reaches("a2"))
                        .build(),
                scenario("hinted-become-unready", "80", "hints are weighed anew among the endpoints that are ready")
                        .given(web(endpoint("a2").zones("z1"), endpoint("b2")))
                        .then(CALLS, reaches("a2", "b2").each())
                        .given(web(endpoint("a2").zones("z1"), endpoint("b2").notReady()))
                        .then(CALLS, reaches("a2"))
                        .given(web(
                                endpoint("a2").zones("z1").notReady(),
                                endpoint("b2"),
                                endpoint("b3").zones("z2")))
                        .then(CALLS, reaches("b2", "b3").each())
                        .build(),
                scenario("hints-under-local", "79", "under policy Local hints do not count")
                        .in(ProxyMode.IPTABLES, ProxyMode.IPVS, ProxyMode.NFTABLES)
                        .given(web(endpoint("a2").zones("z2"), endpoint("b2").zones("z1"))
                                .spec("internalTrafficPolicy", "Local"))
                        .then(CALLS, reaches("a2"))
                        .build());
    }
}
