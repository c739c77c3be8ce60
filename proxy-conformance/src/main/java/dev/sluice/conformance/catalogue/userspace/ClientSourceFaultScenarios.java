// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.observe.ServiceMetrics;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.util.List;

/** What other programs and the network do to connections that have their client's address. */
public final class ClientSourceFaultScenarios {
    private static final Probe WEB = fromPod("a3").to("web", 80);
    private static final Probe DNS = fromPod("a3").to("dns", 53).udp();

    private ClientSourceFaultScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "source-mark-overwritten",
                                "-",
                                "a foreign rule that overwrites the mark of every packet is named, and endpoints see the"
                                        + " node as long as it is there")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web())
                        .then(WEB, reaches("b2").seeingTheCaller())
                        .act("a rule for every packet", stage -> mangle(stage, "-A"))
                        .then(WEB, reaches("b2").seeingTheNode())
                        .act("it is named", stage -> {
                            awaitProblem(stage, "-A PREROUTING -j MARK --set-xmark 0x1/0xffffffff");
                            mangle(stage, "-D");
                        })
                        .then(WEB, reaches("b2").seeingTheCaller())
                        .act(
                                "nothing is wrong any more",
                                stage -> stage.eventually(
                                        "/healthz is content",
                                        () -> !stage.daemon().healthz().body().contains("overwrites")))
                        .build(),
                scenario("source-rule-removed", "-", "a removed routing rule of endpoints' answers is added again")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web(), dns("b2"))
                        .act("another program removes it", ClientSourceFaultScenarios::removeRule)
                        .then(WEB, reaches("b2").seeingTheCaller())
                        .then(DNS, reaches("b2").seeingTheCaller())
                        .act(
                                "the log names it",
                                stage -> NodeState.expectLogged(
                                        stage, "another program had removed the routing rule or the route"))
                        .build(),
                scenario("source-of-node", "-", "a client with any address of the node itself is answered, as the node")
                        .in(USERSPACE)
                        .given(web("a2", "b2"), dns("a2", "b2"))
                        .act("the node calls from its second address", ClientSourceFaultScenarios::callAsNode)
                        .build(),
                scenario("source-strict-rp-filter", "-", "strict reverse path filtering does no harm")
                        .in(USERSPACE)
                        .once()
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web("a2", "b2"), dns("a2", "b2"))
                        .act("it is switched on", ClientSourceFaultScenarios::filterStrictly)
                        .then(WEB.times(12), reaches("a2", "b2").each().seeingTheCaller())
                        .then(DNS.times(12), reaches("a2", "b2").each().seeingTheCaller())
                        .build(),
                scenario(
                                "source-vanishes",
                                "-",
                                "a connection whose client's address vanishes ends by its idle time-out, and is counted")
                        .in(USERSPACE)
                        .given(web().annotation("sluice.dev/idle-timeout", "2s"))
                        .act("the Pod loses the address that it calls from", ClientSourceFaultScenarios::vanish)
                        .build());
    }

    private static void mangle(Stage stage, String verb) {
        String rule = " -w -t mangle " + verb + " PREROUTING -j MARK --set-mark 1";
        stage.lab().node().run("sh", "-c", NodeState.tool(stage, "") + rule).orThrow();
    }

    private static void awaitProblem(Stage stage, String text) {
        stage.eventually(
                "/healthz says " + text,
                () -> stage.daemon().healthz().body(),
                body -> body.contains(text) && body.contains("--userspace-source-address"));
        NodeState.expectLogged(stage, text);
    }

    private static void removeRule(Stage stage) {
        String family = stage.family() == IpFamily.IPV4 ? "-4" : "-6";
        stage.lab().node().run("ip", family, "rule", "del", "priority", "90").orThrow();
    }

    private static void callAsNode(Stage stage) {
        Caller caller = stage.caller(LabAddresses.NODE_A).fromAddress(LabAddresses.secondOfNode(stage.family()));
        for (int i = 0; i < 6; i++) {
            for (Outcome outcome : List.of(
                    caller.tcp(stage.allotment().clusterIp("web"), 80),
                    caller.udp(stage.allotment().clusterIp("dns"), 53))) {
                assertThat(outcome)
                        .isInstanceOfSatisfying(
                                Outcome.Answer.class,
                                answer -> assertThat(LabAddresses.allOfNode(stage.family()))
                                        .contains(answer.peer()));
            }
        }
    }

    private static void filterStrictly(Stage stage) {
        stage.lab()
                .node()
                .run("sh", "-c", "for f in /proc/sys/net/ipv4/conf/*/rp_filter; do echo 1 > $f; done")
                .orThrow();
    }

    /** With an address of its own, so that nothing else is disturbed. */
    private static void vanish(Stage stage) throws IOException {
        boolean v4 = stage.family() == IpFamily.IPV4;
        IpAddress address = IpAddress.of(v4 ? "10.244.1.77" : "fd00:244:1::77");
        String prefix = address + (v4 ? "/32" : "/128");
        LabHost pod = stage.lab().pod("a4");
        LabHost node = stage.lab().node();
        String via = LabAddresses.of("a4", stage.family()).toString();
        pod.run("sh", "-c", "ip addr add " + prefix + " dev lo" + (v4 ? "" : " nodad"))
                .orThrow();
        node.run("ip", v4 ? "-4" : "-6", "route", "add", prefix, "via", via, "dev", LabAddresses.interfaceTo("a4"))
                .orThrow();
        try (Connection connection = stage.caller("a4")
                .fromAddress(address)
                .connect(stage.allotment().clusterIp("web"), 80)) {
            assertThat(connection.ask())
                    .isInstanceOfSatisfying(
                            Outcome.Answer.class,
                            answer -> assertThat(answer.peer()).isEqualTo(address));
            pod.run("ip", "addr", "del", prefix, "dev", "lo").orThrow();
            stage.eventually("it has ended", () -> ServiceMetrics.expired(stage, "idle") == 1);
            stage.eventually(
                    "the endpoint's connection has ended",
                    () -> !stage.lab()
                            .pod("b2")
                            .run("ss", "-Htn", "state", "established", "dst", "[" + address + "]")
                            .orThrow()
                            .contains(":8080"));
            stage.check(WEB, reaches("b2").seeingTheCaller());
        } finally {
            node.run("ip", v4 ? "-4" : "-6", "route", "del", prefix).orThrow();
        }
    }
}
