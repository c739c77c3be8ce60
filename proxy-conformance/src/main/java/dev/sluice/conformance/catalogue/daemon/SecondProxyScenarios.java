// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.IPTABLES;
import static dev.sluice.core.config.ProxyMode.IPVS;
import static dev.sluice.core.config.ProxyMode.NFTABLES;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;

/** What is started beside a running daemon: a daemon of another mode, {@code --cleanup} and {@code --init-only}. */
public final class SecondProxyScenarios {
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final int HEALTH_PORT = 20256;

    private SecondProxyScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario("second-proxy", "-", "what is started beside a running daemon takes nothing from it")
                .in(IPTABLES, IPVS, USERSPACE, NFTABLES)
                .once()
                .setup(DaemonSetup.DEFAULT.alone())
                .given(web("a2", "b2").nodePort())
                .open("pod", fromPod("a3").to("web", 80))
                .act("--cleanup is refused, --init-only works", SecondProxyScenarios::runCommands)
                .act("a daemon of another mode waits", SecondProxyScenarios::startBeside)
                .then(fromPod("a3").to("web", 80).times(10), reaches("a2", "b2").each())
                .then(
                        fromClient().toNodePort("web", 80).times(10),
                        reaches("a2", "b2").each())
                .stillOpen("pod")
                .build());
    }

    private static void runCommands(Stage stage) {
        LabHost node = stage.lab().node();
        String before = NodeState.dump(node);
        CommandResult refused = DaemonProcess.cleanUp(node);
        Assertions.assertThat(refused.exitCode()).as(refused.output()).isEqualTo(1);
        Assertions.assertThat(refused.output())
                .contains(
                        "process " + stage.daemon().pid(),
                        "mode " + stage.mode().flagValue());
        List<String> prepare = new ArrayList<>(stage.session().source());
        prepare.addAll(List.of(
                "--proxy-mode=" + stage.mode().flagValue(),
                "--hostname-override=node-a",
                "--conntrack-max-per-core=0",
                "--init-only"));
        DaemonProcess.run(node, prepare.toArray(String[]::new)).orThrow();
        Assertions.assertThat(NodeState.dump(node)).as("rules").isEqualTo(before);
    }

    private static void startBeside(Stage stage) {
        DaemonProcess first = stage.daemon();
        ProxyMode other = stage.mode() == IPTABLES ? USERSPACE : IPTABLES;
        String before = NodeState.dump(stage.lab().node());
        DaemonOptions beside = new DaemonOptions(
                other,
                stage.session().source(),
                List.of("--healthz-bind-address=127.0.0.1:" + HEALTH_PORT, "--metrics-bind-address=127.0.0.1:20249"));
        Path log = stage.session().folder().resolve("second.log");
        try (DaemonProcess second = DaemonProcess.start(stage.lab().node(), beside, log)) {
            String holder = "process " + first.pid() + ", mode " + stage.mode().flagValue();
            stage.eventually("it waits for " + holder, () -> second.logText().contains(holder));
            stage.eventually("it is alive", () -> status(stage, "/livez") == 200);
            Assertions.assertThat(status(stage, "/healthz")).isEqualTo(503);
            Assertions.assertThat(NodeState.dump(stage.lab().node()))
                    .as("rules")
                    .isEqualTo(before);
        }
    }

    private static int status(Stage stage, String path) {
        try {
            return HttpPage.get(stage.lab().node(), LOOPBACK, HEALTH_PORT, path).status();
        } catch (IOException e) {
            return 0;
        }
    }
}
