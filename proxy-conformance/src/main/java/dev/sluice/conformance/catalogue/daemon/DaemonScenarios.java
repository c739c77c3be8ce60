// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.SCTP;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.testkit.daemon.HttpPage;
import java.util.List;
import java.util.Locale;
import org.assertj.core.api.Assertions;

/** The daemon's pages, and its handling of invalid input. */
public final class DaemonScenarios {
    private DaemonScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("proxy-mode-page", "223", "the metrics server names the mode")
                        .once()
                        .act("/proxyMode", stage -> {
                            HttpPage page = stage.daemon().page("/proxyMode");
                            Assertions.assertThat(page.status()).isEqualTo(200);
                            Assertions.assertThat(page.body())
                                    .isEqualTo(stage.mode().flagValue());
                        })
                        .build(),
                scenario("health-page", "207, 214, 215", "the health server answers with JSON")
                        .once()
                        .act("/healthz", stage -> {
                            HttpPage page = stage.daemon().healthz();
                            Assertions.assertThat(page.status()).isEqualTo(200);
                            Assertions.assertThat(page.headers().toLowerCase(Locale.ROOT))
                                    .contains("content-type: application/json", "x-content-type-options: nosniff");
                            Assertions.assertThat(page.body()).contains("\"nodeEligible\":true", "IPv4", "IPv6");
                        })
                        .build(),
                scenario("manifest-edited", "27", "editing a manifest moves traffic")
                        .given(web())
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .given(web("b3"))
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b3"))
                        .given(web("a2", "b3"))
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b3").each())
                        .build(),
                scenario("manifest-broken", "-", "a broken manifest is reported and changes nothing")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("the file breaks", stage -> {
                            stage.session().write(stage.file(), "apiVersion: v1\nkind: Service\nspec: {ports: [\n");
                            NodeState.expectLogged(stage, stage.file());
                        })
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .given(web("b3"))
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b3"))
                        .build(),
                scenario("bad-address", "-", "a Service with a bad cluster IP is left out, the others are in force")
                        .given(
                                service("bad")
                                        .clusterIp("10.96.0.999")
                                        .port(80, 8080)
                                        .on("a2"),
                                web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("it is reported", stage -> NodeState.expectReported(stage, "bad"))
                        .act("the daemon is healthy", NodeState::expectHealthy)
                        .build(),
                scenario("node-port-twice", "97", "of two Services with one node port one works, and so do all others")
                        .given(
                                http("first").on("b2").nodePort(),
                                http("second").on("b2").nodePortOf("first", 80),
                                web("b3").nodePort())
                        .then(fromClient().toNodePort("first", 80), reaches("b2"))
                        .then(fromClient().toNodePort("web", 80), reaches("b3"))
                        .then(fromPod("a3").to("first", 80), reaches("b2"))
                        .then(fromPod("a3").to("second", 80), reaches("b2"))
                        .act("the other one is reported", stage -> NodeState.expectReported(stage, "second"))
                        .build(),
                scenario("sctp-userspace", "16", "an SCTP port is reported in userspace mode, the others are in force")
                        .in(USERSPACE)
                        .given(service("signal").port("m3ua", SCTP, 2905, 2905).on("a2"), web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("it is reported", stage -> NodeState.expectReported(stage, "signal"))
                        .build(),
                scenario("sctp-beside-tcp", "16", "an SCTP port does not disturb the TCP port beside it")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .given(service("web")
                                .port("http", TCP, 80, 8080)
                                .port("m3ua", SCTP, 2905, 2905)
                                .on("b2"))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build());
    }
}
