// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.assertj.core.api.Assertions;

/** A container that has few rights, or that is stopped for a while. */
public final class ContainerScenarios {
    private static final DaemonSetup ALONE = DaemonSetup.DEFAULT.alone();
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final int HEALTH_PORT = 10256;

    private ContainerScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("container-rights", "-", "after --init-only few capabilities do, and a read-only /proc/sys")
                        .once()
                        .setup(ALONE.unstarted())
                        .act("the init container", ContainerScenarios::initOnly)
                        .act("without any one capability", ContainerScenarios::expectEachIsNeeded)
                        .act("the main container", stage -> {
                            launch(stage, capabilities(stage));
                            stage.session().awaitReady(IpFamily.values());
                        })
                        .given(web("a2", "b2").nodePort(), dns("b3"))
                        .then(
                                fromPod("a3").to("web", 80).times(10),
                                reaches("a2", "b2").each())
                        .then(
                                fromClient().toNodePort("web", 80).times(10),
                                reaches("a2", "b2").each())
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b3"))
                        .build(),
                scenario("process-stopped", "-", "kill -STOP: what the kernel carries goes on, and nothing is lost")
                        .once()
                        .setup(ALONE)
                        .given(web().nodePort())
                        .open("pod", fromPod("a3").to("web", 80))
                        .act("kill -STOP", ContainerScenarios::stopAndContinue)
                        .stillOpen("pod")
                        .given(web("b3").nodePort())
                        .then(fromPod("a3").to("web", 80), reaches("b3"))
                        .build());
    }

    /** What the mode needs; docs/usage.md has the reasons. */
    private static Set<String> capabilities(Stage stage) {
        return new TreeSet<>(
                Set.of(Flavour.IPTABLES, Flavour.NFTABLES).contains(stage.flavour())
                        ? Set.of("net_admin")
                        : Set.of("net_admin", "net_raw"));
    }

    private static void initOnly(Stage stage) {
        List<String> arguments = new ArrayList<>(stage.session().source());
        arguments.addAll(List.of(
                "--proxy-mode=" + stage.mode().flagValue(),
                "--hostname-override=node-a",
                "--conntrack-max-per-core=0",
                "--init-only"));
        DaemonProcess.run(stage.lab().node(), arguments.toArray(String[]::new)).orThrow();
    }

    private static void expectEachIsNeeded(Stage stage) {
        for (String one : capabilities(stage)) {
            Set<String> others = capabilities(stage);
            others.remove(one);
            DaemonProcess daemon = launch(stage, others);
            stage.eventually("CAP_" + one + " is missed", () -> {
                boolean named = daemon.logText().toLowerCase(Locale.ROOT).contains("cap_" + one);
                return named && (!daemon.isAlive() || daemon.healthz().status() == 503);
            });
            daemon.close();
        }
    }

    /** Starts the daemon with these capabilities and no others, and the kernel's parameters read-only. */
    private static DaemonProcess launch(Stage stage, Set<String> capabilities) {
        String bounding = "-all"
                + String.join("", capabilities.stream().map(c -> ",+" + c).toList());
        return stage.session().launchThrough(List.of("unshare", "--mount", "sh", "-ec", """
                for part in /proc/sys /sys; do
                    mount --rbind $part $part
                    mount -o remount,bind,ro $part
                done
                exec setpriv --inh-caps=-all --bounding-set="$0" -- "$@"
                """, bounding));
    }

    private static void stopAndContinue(Stage stage) {
        signal(stage, "STOP");
        try {
            // the signal takes effect when a thread of the process runs
            stage.eventually("stopped", () -> hasStopped(stage.daemon().pid()));
            Probe probe = fromPod("a3").to("web", 80).times(6);
            if (stage.mode() != USERSPACE) {
                Assertions.assertThat(stage.calls(probe)).allMatch(Outcome.Answer.class::isInstance);
                stage.stillOpen("pod");
            }
            Assertions.assertThat(answersProbe(stage)).as("/livez").isFalse();
        } finally {
            signal(stage, "CONT");
        }
        stage.eventually("alive", () -> stage.daemon().health("/livez").status() == 200);
    }

    /** Whether no thread of process {@code pid} runs any more. */
    private static boolean hasStopped(long pid) throws IOException {
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads) {
                String state = KernelFiles.read(thread.resolve("stat"));
                if (!state.startsWith(") T ", state.lastIndexOf(')'))) {
                    return false;
                }
            }
            return true;
        }
    }

    /** As the kubelet's probe does, which gives up soon. */
    private static boolean answersProbe(Stage stage) {
        try (Connection connection = stage.lab().node().caller().connect(LOOPBACK, HEALTH_PORT)) {
            connection.send("GET /livez HTTP/1.0\r\n\r\n");
            return connection.readLine().isPresent();
        } catch (IOException e) {
            return false;
        }
    }

    private static void signal(Stage stage, String name) {
        stage.lab()
                .node()
                .run("kill", "-" + name, Long.toString(stage.daemon().pid()))
                .orThrow();
    }
}
