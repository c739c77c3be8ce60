// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromNode;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.net.IpFamily.IPV4;
import static dev.sluice.core.net.IpFamily.IPV6;

import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabHost;
import java.util.List;

/** Load balancer source ranges: the clients that may use a load balancer's address. */
public final class SourceRangeScenarios {
    private static final String RANGES = "loadBalancerSourceRanges";
    private static final String NODE = "[\"192.168.10.0/24\", \"fd00:10::/64\"]";
    private static final String CLIENT = "[\"192.168.20.0/24\", \"fd00:20::/64\"]";
    private static final String NOBODY = "[\"192.0.2.0/24\", \"2001:db8:dead::/64\"]";

    private SourceRangeScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("range-everybody", "108", "a range of length 0 among others lets everybody in")
                        .given(web().loadBalancer()
                                .spec(RANGES, "[\"192.0.2.0/24\", \"0.0.0.0/0\", \"2001:db8:dead::/64\", \"::/0\"]"))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").toOutside("web", 80), reaches("b2"))
                        .build(),
                scenario(
                                "range-one-family",
                                "110, trap 19",
                                "ranges of one family leave the other family of a dual-stack Service open")
                        .once()
                        .given(
                                web().dualStack().loadBalancer().spec(RANGES, "[\"2001:db8:dead::/64\"]"),
                                service("mirror")
                                        .dualStack()
                                        .port(80, 8080)
                                        .on("b3")
                                        .loadBalancer()
                                        .spec(RANGES, "[\"192.0.2.0/24\"]"))
                        .then(fromClient().toOutside("web", 80).in(IPV4), reaches("b2"))
                        .then(fromClient().toOutside("mirror", 80).in(IPV6), reaches("b3"))
                        .then(fromClient().toOutside("web", 80).in(IPV6), DROPPED)
                        .then(fromClient().toOutside("mirror", 80).in(IPV4), DROPPED)
                        .build(),
                scenario("range-node", "111", "a process of a node that is in the ranges gets in")
                        .given(web().loadBalancer().spec(RANGES, NODE))
                        .then(fromNode().toOutside("web", 80), reaches("b2"))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "range-node-vip",
                                "111",
                                "so it does when the address is bound on the node and becomes the source of the call")
                        .in(IPTABLES, NFTABLES)
                        .given(web().loadBalancer().spec(RANGES, NODE))
                        .then(fromNode().toOutside("web", 80), reaches("b2"))
                        .act("the address is bound to the loopback device", SourceRangeScenarios::callFromTheAddress)
                        .build(),
                scenario(
                                "range-without-node",
                                "112, trap 19",
                                "a process of a node that is not in the ranges is dropped")
                        .given(web().loadBalancer().spec(RANGES, CLIENT))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromNode().toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "range-external-too",
                                "trap 19",
                                "ranges also hold where the load balancer's address is an external one as well")
                        .given(web().loadBalancer().externalIp().spec(RANGES, CLIENT))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .given(web().loadBalancer().externalIp().spec(RANGES, NOBODY))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .build(),
                scenario("range-no-endpoints", "113", "without endpoints a client outside the ranges is refused")
                        .in(IPTABLES)
                        .given(http("web").loadBalancer().spec(RANGES, NOBODY))
                        .then(fromClient().toOutside("web", 80), REFUSED)
                        .build(),
                scenario(
                                "range-no-endpoints-nftables",
                                "114",
                                "in nftables mode such a client is dropped, as by kube-proxy")
                        .in(NFTABLES)
                        .given(http("web").loadBalancer().spec(RANGES, CLIENT))
                        .then(fromClient().toOutside("web", 80), REFUSED)
                        .given(http("web").loadBalancer().spec(RANGES, NOBODY))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "range-shared-address",
                                "trap 19",
                                "Services that share an address on different ports keep their own ranges")
                        .given(
                                web().loadBalancer().spec(RANGES, NOBODY),
                                service("open")
                                        .port(81, 8080)
                                        .on("b3")
                                        .loadBalancer()
                                        .outsideOf("web"),
                                service("ranged")
                                        .port(82, 8080)
                                        .on("a2")
                                        .loadBalancer()
                                        .outsideOf("web")
                                        .spec(RANGES, CLIENT))
                        .then(fromClient().toOutside("web", 81), reaches("b3"))
                        .then(fromClient().toOutside("web", 82), reaches("a2"))
                        .then(fromClient().toOutside("web", 80), DROPPED)
                        .build(),
                scenario(
                                "range-several-addresses",
                                "trap 19",
                                "the ranges of a Service hold at each of its load balancer addresses, and nowhere else")
                        .given(
                                web().loadBalancer().moreIngress("second").spec(RANGES, CLIENT),
                                http("other")
                                        .on("b3")
                                        .loadBalancer()
                                        .moreIngress("third")
                                        .spec(RANGES, NOBODY))
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromClient().toOutside("second", 80), reaches("b2"))
                        .then(fromClient().toNodePort("other", 80), reaches("b3"))
                        .then(fromClient().toOutside("other", 80), DROPPED)
                        .then(fromClient().toOutside("third", 80), DROPPED)
                        .build());
    }

    private static void callFromTheAddress(Stage stage) {
        IpAddress vip = stage.allotment().outsideIp("web", stage.family());
        String prefix = vip + (stage.family() == IpFamily.IPV4 ? "/32" : "/128");
        LabHost node = stage.lab().node();
        node.run("ip", "addr", "add", prefix, "dev", "lo").orThrow();
        try {
            stage.check(fromNode().toOutside("web", 80).times(4), reaches("b2"));
        } finally {
            node.run("ip", "addr", "del", prefix, "dev", "lo").orThrow();
        }
    }
}
