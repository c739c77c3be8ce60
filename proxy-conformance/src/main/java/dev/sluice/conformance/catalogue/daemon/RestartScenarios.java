// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;
import static dev.sluice.core.net.Protocol.UDP;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.LabHost;
import java.util.List;
import org.assertj.core.api.Assertions;

/** Stop, restart and {@code --cleanup} of the daemon. */
public final class RestartScenarios {
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();

    private RestartScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario(
                                "kill-and-restart",
                                "151, 186, trap 25",
                                "kill -9 and restart lose no connection and leave no stray rule")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .setup(ALONE)
                        .given(web().nodePort(), service("goes").port(81, 8080).on("a2"))
                        .then(fromPod("a3").to("goes", 81), reaches("a2"))
                        .open("pod", fromPod("a3").to("web", 80))
                        .open("client", fromClient().toNodePort("web", 80))
                        .act("kill -9", stage -> stage.daemon().kill())
                        .stillOpen("pod")
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .act(
                                "a Service goes while nobody looks",
                                stage -> stage.session().write(stage.file(), stage.yaml(List.of(web().nodePort()))))
                        .act("a stale chain stays behind", RestartScenarios::plantStaleChain)
                        .act("restart", stage -> stage.session().start())
                        .stillOpen("pod")
                        .stillOpen("client")
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .then(fromPod("a3").to("goes", 81), NOT_SERVED)
                        .act("no rule names it", stage -> NodeState.expectNoRuleNames(stage, "/goes"))
                        .act(
                                "no stale chain",
                                stage -> Assertions.assertThat(NodeState.rulesOfFamily(stage))
                                        .doesNotContain(STALE_CHAIN))
                        .build(),
                scenario("kill-and-restart-userspace", "206", "kill -9 and restart: traffic flows again, no stray rule")
                        .in(USERSPACE)
                        .setup(ALONE)
                        .given(web().nodePort(), service("goes").port(81, 8080).on("a2"))
                        .then(fromPod("a3").to("goes", 81), reaches("a2"))
                        .act("kill -9", stage -> stage.daemon().kill())
                        .act(
                                "a Service goes while nobody looks",
                                stage -> stage.session().write(stage.file(), stage.yaml(List.of(web().nodePort()))))
                        .act("restart", stage -> stage.session().start())
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .then(fromClient().toNodePort("web", 80), reaches("b2"))
                        .then(fromPod("a3").to("goes", 81), NOT_SERVED)
                        .act("no rule names it", stage -> NodeState.expectNoRuleNames(stage, "/goes"))
                        .build(),
                scenario("terminate", "161, 266", "SIGTERM ends the daemon at once, traffic goes on")
                        .in(IPTABLES, IPVS, NFTABLES)
                        .setup(ALONE)
                        .given(web("a2", "b2").nodePort())
                        .open("pod", fromPod("a3").to("web", 80))
                        .act("SIGTERM", stage -> stage.session().terminate())
                        .stillOpen("pod")
                        .then(
                                fromPod("a3").to("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient().toNodePort("web", 80).times(20),
                                reaches("a2", "b2").each())
                        .build(),
                scenario("terminate-userspace", "266", "SIGTERM ends a daemon that carries no connection at once")
                        .in(USERSPACE)
                        .setup(ALONE)
                        .given(web())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("SIGTERM", stage -> stage.session().terminate())
                        .build(),
                scenario("clean-up", "252, 181", "--cleanup leaves the node as it was before")
                        .once()
                        .setup(ALONE.unstarted())
                        .act("start, stop and clean up", RestartScenarios::cleanUp)
                        .build());
    }

    private static final String STALE_CHAIN = "KUBE-SVC-AAAAAAAAAAAAAAAA";

    /** In ipvs mode the proxy ignores chains of single Services. */
    private static void plantStaleChain(Stage stage) {
        if (stage.mode() != IPTABLES) {
            return;
        }
        stage.lab()
                .node()
                .run(NodeState.tool(stage, ""), "-w", "-t", "nat", "-N", STALE_CHAIN)
                .orThrow();
    }

    private static void cleanUp(Stage stage) {
        LabHost node = stage.lab().node();
        for (String tool : List.of("iptables", "ip6tables")) {
            node.run(tool, "-w", "-A", "FORWARD", "-m", "comment", "--comment", "not the proxy's", "-j", "ACCEPT")
                    .orThrow();
            node.run(
                            tool,
                            "-w",
                            "-t",
                            "nat",
                            "-A",
                            "POSTROUTING",
                            "-m",
                            "comment",
                            "--comment",
                            "nor this",
                            "-j",
                            "ACCEPT")
                    .orThrow();
        }
        String before = NodeState.dump(node);
        stage.session().start();
        stage.given(List.of(
                service("web").dualStack().port(80, 8080).on("a2", "b2").loadBalancer(),
                service("dns").dualStack().port("dns", UDP, 53, 5353).on("b2").nodePort(),
                service("empty").dualStack().port(82, 8080)));
        stage.check(fromPod("a3").to("web", 80).times(10), reaches("a2", "b2").each());
        Assertions.assertThat(NodeState.dump(node))
                .as("the node while the daemon runs")
                .isNotEqualTo(before);
        stage.session().terminate();
        DaemonProcess.cleanUp(node).orThrow();
        Assertions.assertThat(NodeState.dump(node))
                .as("the node after --cleanup")
                .isEqualTo(before);
    }
}
