// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.net.IpFamily.IPV4;
import static dev.sluice.core.net.IpFamily.IPV6;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Services of both families at once. */
public final class DualStackScenarios {
    private DualStackScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("dual-stack", "140, 143", "a dual-stack Service works in both families")
                        .once()
                        .given(service("web")
                                .dualStack()
                                .port(80, 8080)
                                .on("a2", "b2")
                                .nodePort())
                        .then(
                                fromPod("a3").to("web", 80).in(IPV4).times(12),
                                reaches("a2", "b2").each())
                        .then(
                                fromPod("a3").to("web", 80).in(IPV6).times(12),
                                reaches("a2", "b2").each())
                        .then(fromClient().toNodePort("web", 80).in(IPV4), reaches("a2", "b2"))
                        .then(fromClient().toNodePort("web", 80).in(IPV6), reaches("a2", "b2"))
                        .build(),
                scenario("dual-stack-udp", "140", "a dual-stack Service works in both families, with datagrams")
                        .once()
                        .given(service("dns")
                                .dualStack()
                                .port("dns", UDP, 53, 5353)
                                .on("b2"))
                        .then(fromPod("a3").to("dns", 53).udp().in(IPV4), reaches("b2"))
                        .then(fromPod("a3").to("dns", 53).udp().in(IPV6), reaches("b2"))
                        .build(),
                scenario("single-stack", "141, 142", "a Service of one family leaves no rule in the other's tables")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("the other family's rules do not name it", DualStackScenarios::absentFromOtherFamily)
                        .build(),
                scenario("metrics-families", "145", "the sync metrics have a series for each family")
                        .once()
                        .act("both series are there", stage -> {
                            for (IpFamily family : IpFamily.values()) {
                                String series = "kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family=\""
                                        + family.label() + "\"}";
                                Assertions.assertThat(
                                                stage.daemon().metric(series).orElse(0))
                                        .as(series)
                                        .isPositive();
                            }
                        })
                        .build());
    }

    private static void absentFromOtherFamily(Stage stage) {
        String save = stage.family() == IPV4 ? "ip6tables-save" : "iptables-save";
        Assertions.assertThat(stage.lab().node().run(save).orThrow())
                .doesNotContain(stage.allotment().namespace() + "/web");
    }
}
