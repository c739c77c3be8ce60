// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.net.Protocol.SCTP;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.testkit.lab.Lab;
import java.util.List;

/** SCTP associations, on a kernel that has SCTP sockets. */
public final class SctpScenarios {
    private static final DaemonSetup NEEDS_SCTP = DaemonSetup.DEFAULT.needingSctp();

    private SctpScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                needs("sctp-cluster-ip", "an SCTP association with a cluster IP reaches the endpoints")
                        .given(signal("a2", "b2"))
                        .then(
                                fromPod("a3").to("signal", 2905).sctp().times(12),
                                reaches("a2", "b2").each().seeingTheCaller())
                        .build(),
                needs("sctp-node-port", "an SCTP association with a node port reaches the endpoints")
                        .given(signal("a2", "b2").nodePort())
                        .then(
                                fromClient().toNodePort("signal", 2905).sctp().times(12),
                                reaches("a2", "b2").each().seeingTheNode())
                        .build(),
                needs("sctp-no-endpoints", "an SCTP association with a Service without endpoints is refused")
                        .given(signal().nodePort())
                        .then(fromPod("a3").to("signal", 2905).sctp(), REFUSED)
                        .then(fromClient().toNodePort("signal", 2905).sctp(), REFUSED)
                        .build(),
                needs("sctp-affinity", "with ClientIP affinity a client's SCTP associations stay with one endpoint")
                        .given(signal("a2", "b2", "b3").nodePort().spec("sessionAffinity", "ClientIP"))
                        .then(
                                fromPod("a3").to("signal", 2905).sctp().times(12),
                                reaches("a2", "b2", "b3").alwaysTheSame())
                        .then(
                                fromClient().toNodePort("signal", 2905).sctp().times(12),
                                reaches("a2", "b2", "b3").alwaysTheSame())
                        .build(),
                needs(
                                "sctp-endpoint-replaced",
                                "when its endpoint is replaced a client's next association goes to the new")
                        .given(signal("b2"))
                        .then(fromPod("a3").to("signal", 2905).sctp().times(2), reaches("b2"))
                        .given(signal("b3"))
                        .then(fromPod("a3").to("signal", 2905).sctp().times(4), reaches("b3"))
                        .build());
    }

    private static Scenario.Builder needs(String id, String behaviour) {
        return scenario(id, "16, trap 6", behaviour)
                .in(IPTABLES, IPVS, NFTABLES)
                .setup(NEEDS_SCTP);
    }

    private static ServiceTemplate signal(String... pods) {
        return service("signal").port("m3ua", SCTP, 2905, Lab.SCTP_PORT).on(pods);
    }
}
