// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.ipvs;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPVS;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import java.util.stream.Stream;
import org.assertj.core.api.Assertions;

/** Virtual servers and the dummy device. */
public final class IpvsScenarios {
    private static final String DEVICE = "kube-ipvs0";

    private IpvsScenarios() {}

    public static List<Scenario> all() {
        return Stream.concat(
                        Stream.of("rr", "lc").map(IpvsScenarios::scheduler),
                        Stream.of(
                                scenario("dummy", "162", "the dummy device holds the cluster IP as a host address")
                                        .in(IPVS)
                                        .given(web())
                                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                                        .act(
                                                "the address is bound",
                                                stage -> Assertions.assertThat(addresses(stage))
                                                        .contains(host(clusterIp(stage))))
                                        .build(),
                                scenario("address-unbound", "175", "the address of a Service that goes is unbound")
                                        .in(IPVS)
                                        .given(web())
                                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                                        .given()
                                        .act(
                                                "the address is gone",
                                                stage -> stage.eventually(
                                                        clusterIp(stage) + " is unbound",
                                                        () -> !addresses(stage).contains(host(clusterIp(stage)))))
                                        .build(),
                                scenario(
                                                "udp-real-server",
                                                "169, trap 13",
                                                "the real server of a UDP endpoint that goes is deleted at once")
                                        .in(IPVS)
                                        .given(dns("b2", "b3"))
                                        .then(
                                                fromPod("a3")
                                                        .to("dns", 53)
                                                        .udp()
                                                        .times(20),
                                                reaches("b2", "b3").each())
                                        .given(dns("b2"))
                                        .act("one real server is left", stage -> {
                                            IpAddress vip = stage.allotment().clusterIp("dns");
                                            stage.eventually(
                                                    "one real server of " + vip,
                                                    () -> realServers(stage, "-u " + vip.withPort(53))
                                                                    .size()
                                                            == 1);
                                        })
                                        .build(),
                                scenario(
                                                "graceful",
                                                "167, trap 13",
                                                "an endpoint that goes gets weight 0 and keeps its connection")
                                        .in(IPVS)
                                        .given(web())
                                        .open("first", fromPod("a3").to("web", 80))
                                        .given(web("b3"))
                                        .act(
                                                "its weight is 0",
                                                stage -> stage.eventually(
                                                        "b2 has weight 0",
                                                        () ->
                                                                realServers(
                                                                                stage,
                                                                                "-t "
                                                                                        + clusterIp(stage)
                                                                                                .withPort(80))
                                                                        .stream()
                                                                        .anyMatch(l -> l.contains(pod(stage, "b2"))
                                                                                && l.endsWith("-w 0"))))
                                        .stillOpen("first")
                                        .then(fromPod("a3").to("web", 80).times(10), reaches("b3"))
                                        .build(),
                                scenario(
                                                "graceful-return",
                                                "170, trap 13",
                                                "an endpoint that comes back while it drains takes new connections")
                                        .in(IPVS)
                                        .given(web())
                                        .open("first", fromPod("a3").to("web", 80))
                                        .given(web("b3"))
                                        .then(fromPod("a3").to("web", 80).times(6), reaches("b3"))
                                        .given(web("b2", "b3"))
                                        .then(
                                                fromPod("a3").to("web", 80).times(10),
                                                reaches("b2", "b3").each())
                                        .stillOpen("first")
                                        .build()))
                .toList();
    }

    private static Scenario scheduler(String name) {
        return scenario("scheduler-" + name, "163", "virtual servers use the scheduler " + name)
                .in(IPVS)
                .setup(name.equals("rr") ? DaemonSetup.DEFAULT : DaemonSetup.DEFAULT.with("--ipvs-scheduler=" + name))
                .given(web("a2", "b2"))
                .then(fromPod("a3").to("web", 80).times(6), reaches("a2", "b2"))
                .act(
                        "ipvsadm shows it",
                        stage -> Assertions.assertThat(
                                        NodeState.virtualServers(stage.lab().node()))
                                .contains("-A -t " + clusterIp(stage).withPort(80) + " -s " + name))
                .build();
    }

    private static IpAddress clusterIp(Stage stage) {
        return stage.allotment().clusterIp("web");
    }

    private static String pod(Stage stage, String name) {
        return stage.lab().pod(name).address(stage.family()).withPort(8080);
    }

    /** As {@code ip addr} prints it. */
    private static String host(IpAddress address) {
        return address + (address.family() == IpFamily.IPV4 ? "/32" : "/128");
    }

    private static String addresses(Stage stage) {
        return stage.lab().node().run("ip", "-o", "addr", "show", "dev", DEVICE).orThrow();
    }

    private static List<String> realServers(Stage stage, String virtualServer) {
        return NodeState.virtualServers(stage.lab().node())
                .lines()
                .map(String::strip)
                .filter(l -> l.startsWith("-a " + virtualServer + " "))
                .toList();
    }
}
