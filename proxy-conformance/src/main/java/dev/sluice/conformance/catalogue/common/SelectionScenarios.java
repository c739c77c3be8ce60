// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import java.util.List;

/** The Services and slices that are used, and the effects of deleting them. */
public final class SelectionScenarios {
    private static final String PROXY_NAME = "service.kubernetes.io/service-proxy-name";

    private SelectionScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("headless", "1", "a headless Service leaves no trace in the rules")
                        .given(service("web").clusterIp("None").port(80, 8080).on("a2", "b2"))
                        .act("no rule names it", NodeState::expectNoRuleNamesTheScenario)
                        .build(),
                scenario("external-name", "2", "an ExternalName Service with a stray cluster IP is not proxied")
                        .given(web().spec("type", "ExternalName").spec("externalName", "example.org"))
                        .then(fromPod("a3").to("web", 80), NOT_SERVED)
                        .build(),
                scenario("other-proxy", "3", "a Service for another proxy is left alone")
                        .given(web().label(PROXY_NAME, "other"))
                        .then(fromPod("a3").to("web", 80), NOT_SERVED)
                        .build(),
                scenario("proxy-name-changes", "4, 5", "a Service follows the label that gives it to another proxy")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .given(web().label(PROXY_NAME, "other"))
                        .then(fromPod("a3").to("web", 80), NOT_SERVED)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .build(),
                scenario("headless-slice", "6", "the endpoints of a slice labelled headless are unused")
                        .given(web().slice(slice("web", "headless")
                                .label("service.kubernetes.io/headless", "")
                                .port("", TCP, 8080)
                                .on("a2")))
                        .then(fromPod("a3").to("web", 80).times(12), reaches("b2"))
                        .build(),
                scenario("slice-without-service", "7", "a slice without a Service name is ignored")
                        .given(web().slice(slice("web", "stray")
                                .withoutLabel("kubernetes.io/service-name")
                                .port("", TCP, 8080)
                                .on("a2")))
                        .then(fromPod("a3").to("web", 80).times(12), reaches("b2"))
                        .act("the daemon is healthy", NodeState::expectHealthy)
                        .build(),
                scenario("fqdn-slice", "8", "a slice of type FQDN is ignored")
                        .given(web().slice(slice("web", "fqdn")
                                .addressType("FQDN")
                                .port("", TCP, 8080)
                                .on("a2")))
                        .then(fromPod("a3").to("web", 80).times(12), reaches("b2"))
                        .build(),
                scenario("service-deleted", "9", "a deleted Service is not proxied and leaves no rule")
                        .given(web(), service("stays").port(81, 8080).on("a2"))
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .given(service("stays").port(81, 8080).on("a2"))
                        .then(fromPod("a3").to("web", 80), NOT_SERVED)
                        .then(fromPod("a3").to("stays", 81), reaches("a2"))
                        .act("no rule names it", stage -> NodeState.expectNoRuleNames(stage, "/web"))
                        .build(),
                scenario("port-removed", "10", "a port that is removed is not proxied, the other one is")
                        .in(IPTABLES, USERSPACE)
                        .given(twoPorts())
                        .then(fromPod("a3").to("web", 81), reaches("b2").atPort(9090))
                        .given(onePort())
                        .then(fromPod("a3").to("web", 81), NOT_SERVED)
                        .then(fromPod("a3").to("web", 80), reaches("b2").atPort(8080))
                        .build(),
                scenario("port-removed-refused", "10, 35", "a port that is removed is refused, the other one works")
                        .in(IPVS, NFTABLES)
                        .given(twoPorts())
                        .then(fromPod("a3").to("web", 81), reaches("b2").atPort(9090))
                        .given(onePort())
                        .then(fromPod("a3").to("web", 81), REFUSED)
                        .then(fromPod("a3").to("web", 80), reaches("b2").atPort(8080))
                        .build(),
                scenario("cluster-ip-changes", "11", "a Service made anew with another cluster IP works there only")
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .given(web().address("second"))
                        .then(fromPod("a3").to("second", 80), reaches("b2"))
                        .then(fromPod("a3").to("web", 80), NOT_SERVED)
                        .build(),
                scenario("same-name", "12", "Services with equal names in two namespaces keep their own endpoints")
                        .given(
                                web(),
                                service("web")
                                        .inOtherNamespace()
                                        .address("other")
                                        .port(80, 8080)
                                        .on("b3"))
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .then(fromPod("a3").to("other", 80).times(6), reaches("b3"))
                        .build(),
                scenario("target-port", "13", "a target port that differs from the Service's port is reached")
                        .given(service("web").port(80, 9090).on("a2"))
                        .then(fromPod("a3").to("web", 80), reaches("a2").atPort(9090))
                        .build(),
                scenario("tcp-and-udp", "15", "TCP and UDP on one port number reach their own endpoints")
                        .given(service("dns")
                                .port("tcp", TCP, 53, 8080)
                                .port("udp", UDP, 53, 5353)
                                .slice(slice("dns", "tcp")
                                        .port("tcp", TCP, 8080)
                                        .on("a2"))
                                .slice(slice("dns", "udp")
                                        .port("udp", UDP, 5353)
                                        .on("b2")))
                        .then(
                                fromPod("a3").to("dns", 53).times(4),
                                reaches("a2").atPort(8080))
                        .then(
                                fromPod("a3").to("dns", 53).udp().times(4),
                                reaches("b2").atPort(5353))
                        .build());
    }

    private static ServiceTemplate twoPorts() {
        return service("web")
                .port("http", TCP, 80, 8080)
                .port("admin", TCP, 81, 9090)
                .on("b2");
    }

    private static ServiceTemplate onePort() {
        return service("web").port("http", TCP, 80, 8080).on("b2");
    }
}
