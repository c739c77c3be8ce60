// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.common;

import static dev.sluice.conformance.scenario.Expected.Fails.DROPPED;
import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.conformance.scenario.SliceTemplate.slice;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.TCP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.EndpointTemplate;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/** Invalid and oversized objects: each is reported where it is invalid, and no other Service is affected. */
public final class BadInputScenarios {
    private static final String RANGES = "loadBalancerSourceRanges";
    private static final int SLICES = 10;
    private static final int ENDPOINTS_OF_SLICE = 1000;

    private BadInputScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("bad-ranges", "-", "source ranges that are none are reported, the others hold")
                        .given(
                                web().loadBalancer()
                                        .spec(
                                                RANGES,
                                                "[\"lan\", \"192.168.20.0/33\", \"fd00:20::/129\", \"192.168.20.9/32\","
                                                        + " \"fd00:20::9/128\"]"),
                                other())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").toOutside("web", 80), DROPPED)
                        .then(fromPod("a3").to("other", 80), reaches("b3"))
                        .act("each is reported", stage -> {
                            NodeState.expectReported(stage, "web");
                            NodeState.expectProblem(stage, "web", RANGES + "[0]", "'lan'", "want ADDRESS/LENGTH");
                            NodeState.expectProblem(stage, "web", RANGES + "[1]", "'192.168.20.0/33'");
                            NodeState.expectProblem(stage, "web", RANGES + "[2]", "'fd00:20::/129'");
                        })
                        .build(),
                scenario("thousand-ranges", "-", "a thousand source ranges are in force like one")
                        .given(web().loadBalancer().spec(RANGES, thousandRanges()), other())
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").toOutside("web", 80), DROPPED)
                        .then(fromPod("a3").to("other", 80), reaches("b3"))
                        .build(),
                scenario(
                                "ranges-of-other-family",
                                "trap 19",
                                "source ranges of the other family only let everybody in, and that is reported")
                        .act("an IPv4 Service with IPv6 ranges, or the reverse", stage -> {
                            boolean v4 = stage.family() == IpFamily.IPV4;
                            stage.given(List.of(
                                    web().loadBalancer()
                                            .spec(RANGES, v4 ? "[\"2001:db8:dead::/64\"]" : "[\"192.0.2.0/24\"]"),
                                    other()));
                        })
                        .then(fromClient().toOutside("web", 80), reaches("b2"))
                        .then(fromPod("a3").to("other", 80), reaches("b3"))
                        .act("it is reported", stage -> {
                            NodeState.expectReported(stage, "web");
                            NodeState.expectProblem(stage, "web", RANGES, "everybody", "add one");
                        })
                        .build(),
                scenario(
                                "address-twice",
                                "trap 19",
                                "of two Services that claim one external address and port the first has it")
                        .given(
                                http("first").on("b2").externalIp(),
                                http("second").on("a2").externalIp().outsideOf("first"),
                                other())
                        .then(fromClient().toOutside("first", 80).times(8), reaches("b2"))
                        .then(fromPod("a3").to("second", 80).times(4), reaches("a2"))
                        .then(fromPod("a3").to("other", 80), reaches("b3"))
                        .act("the other one is reported", stage -> {
                            NodeState.expectReported(stage, "second");
                            NodeState.expectProblem(
                                    stage,
                                    "second",
                                    stage.allotment()
                                            .outsideIp("first", stage.family())
                                            .toString(),
                                    stage.allotment().namespace() + "/first");
                        })
                        .given(http("second").on("a2").externalIp().outsideOf("first"), other())
                        .then(fromClient().toOutside("first", 80).times(4), reaches("a2"))
                        .build(),
                scenario("cluster-ip-twice", "-", "of two Services with one cluster IP the first has it")
                        .given(
                                http("first").on("b2"),
                                service("second")
                                        .address("first")
                                        .port(80, 8080)
                                        .on("a2"),
                                other())
                        .then(fromPod("a3").to("first", 80).times(8), reaches("b2"))
                        .then(fromPod("a3").to("other", 80), reaches("b3"))
                        .act("the other one is reported", stage -> {
                            NodeState.expectReported(stage, "second");
                            NodeState.expectProblem(
                                    stage, "second", stage.allotment().namespace() + "/first");
                        })
                        .build(),
                scenario("port-numbers", "50", "a manifest with port numbers that are none is reported, line by line")
                        .given(other())
                        .then(fromPod("a3").to("other", 80), reaches("b3"))
                        .act("a file with them comes", BadInputScenarios::badPorts)
                        .build(),
                scenario("nameless-slice", "-", "a slice without a name is reported, and changes nothing")
                        .given(web(), other())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("it comes in a file of its own", BadInputScenarios::namelessSlice)
                        .build(),
                scenario("ten-thousand-endpoints", "152", "ten thousand endpoints of one Service come into force")
                        .in(IPTABLES, USERSPACE, NFTABLES)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .once()
                        .given(web(), other())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("they come", BadInputScenarios::tenThousand)
                        .build());
    }

    /** A manifest file is accepted or refused as a whole; objects of an API server are validated port by port. */
    private static void badPorts(Stage stage) {
        String file = "bad-" + stage.file();
        String yaml = stage.yaml(List.of(
                service("web")
                        .port("zero", TCP, 0, 8080)
                        .port("big", TCP, 65536, 8080)
                        .port("http", TCP, 80, 8080)
                        .slice(slice("web", "zero").port("http", TCP, 0).on("a2"))
                        .slice(slice("web", "big").port("http", TCP, 65536).on("a4")),
                http("np").literalNodePort(65536)));
        stage.session().write(file, yaml);
        try {
            String want = "expected a port from 1 to 65535, got ";
            NodeState.expectLine(stage, List.of(file, "spec.ports[0].port", "Service web", want + 0));
            NodeState.expectLine(stage, List.of(file, "spec.ports[1].port", "Service web", want + 65536));
            NodeState.expectLine(stage, List.of(file, "EndpointSlice web-zero", "ports[0].port", want + 0));
            NodeState.expectLine(stage, List.of(file, "EndpointSlice web-big", "ports[0].port", want + 65536));
            NodeState.expectLine(stage, List.of(file, "Service np", "nodePort", want + 65536));
            stage.eventually(
                    "/healthz names the file",
                    () -> stage.daemon().healthz().body().contains(file));
            stage.given(List.of(http("other").on("b4")));
            stage.check(fromPod("a3").to("other", 80).times(4), reaches("b4"));
        } finally {
            stage.session().delete(file);
        }
    }

    /** A thousand ranges of each family, the client's last. */
    private static String thousandRanges() {
        Stream<String> v4 = IntStream.range(0, 999).mapToObj(i -> "10." + (100 + i / 250) + "." + i % 250 + ".0/24");
        Stream<String> v6 =
                IntStream.range(0, 999).mapToObj(i -> String.format(Locale.ROOT, "2001:db8:dead:%x::/64", i));
        return Stream.of(v4, v6, Stream.of("192.168.20.0/24", "fd00:20::/64"))
                .flatMap(s -> s)
                .map(r -> "\"" + r + "\"")
                .collect(Collectors.joining(", ", "[", "]"));
    }

    private static void namelessSlice(Stage stage) {
        String file = "nameless-" + stage.file();
        String whole = stage.yaml(List.of(web("a2")));
        String nameless = whole.substring(whole.lastIndexOf("---")).replaceFirst("(?m)^  name: .*\n", "");
        stage.session().write(file, nameless);
        try {
            NodeState.expectLine(stage, List.of(file, "metadata.name"));
            stage.check(fromPod("a3").to("web", 80).times(8), reaches("b2"));
            stage.given(List.of(web("b4"), other()));
            stage.check(fromPod("a3").to("web", 80).times(8), reaches("b4"));
            stage.check(fromPod("a3").to("other", 80), reaches("b3"));
        } finally {
            stage.session().delete(file);
        }
    }

    private static void tenThousand(Stage stage) {
        ServiceTemplate big = http("big");
        for (int i = 0; i < SLICES; i++) {
            EndpointTemplate[] endpoints = IntStream.range(i * ENDPOINTS_OF_SLICE, (i + 1) * ENDPOINTS_OF_SLICE)
                    .mapToObj(EndpointTemplate::crowd)
                    .toArray(EndpointTemplate[]::new);
            big.slice(slice("big", "s" + i).port("", TCP, 8080).endpoints(endpoints));
        }
        stage.given(List.of(web(), other(), big));
        NodeState.expectAnswersOf("b5", stage, fromPod("a3").to("big", 80).times(20));
        stage.check(fromPod("a3").to("web", 80), reaches("b2"));
        stage.given(List.of(web(), other(), http("big")));
        stage.check(fromPod("a3").to("big", 80), REFUSED);
        stage.check(fromPod("a3").to("other", 80), reaches("b3"));
    }

    private static ServiceTemplate other() {
        return http("other").on("b3");
    }
}
