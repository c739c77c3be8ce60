// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.daemon;

import static dev.sluice.conformance.scenario.Expected.Fails.NOT_SERVED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.http;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.conformance.scenario.ServiceTemplate.service;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Probe;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ServiceTemplate;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.ApiManifests;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.assertj.core.api.Assertions;

/** {@code --state-dir}: a node that is rebooted while there is no API server. */
public final class SnapshotScenarios {
    /** Above the longest delay between two attempts of the daemon to reach the server. */
    private static final Duration RECONNECT = Duration.ofSeconds(90);

    private SnapshotScenarios() {}

    public static List<Scenario> all() {
        return List.of(scenario(
                        "reboot-without-api",
                        "",
                        "a start without the API server carries traffic by the snapshot, then by the server, without a gap")
                .once() // what is stored knows no family
                .setup(DaemonSetup.DEFAULT.alone().unstarted())
                .act("reboot", stage -> {
                    try (Reboot reboot = new Reboot(stage)) {
                        reboot.run();
                    }
                })
                .build());
    }

    /** The course of events, with an API server of its own in the node's namespace. */
    private static final class Reboot implements AutoCloseable {
        private final Stage stage;
        private final Path folder;
        private final Probe kept = fromPod("a3").to("kept", 80);
        private final Probe moved = fromPod("a3").to("web", 80);
        private final Probe external = fromClient().toOutside("outside", 80);
        private final int port;
        private FakeApi server;

        Reboot(Stage stage) {
            this.stage = stage;
            this.folder = stage.session().folder().resolve("state");
            this.server = serve(
                    0,
                    List.of(
                            web().nodePort(),
                            http("kept").on("b3"),
                            outside(),
                            ofNodeB(),
                            http("goes").on("b4")));
            this.port = server.port();
        }

        void run() throws Exception {
            List<String> source = List.of("--master=http://127.0.0.1:" + port);
            start(source);
            expectOldState();
            expectOtherNodesStored();
            stage.session().terminate();
            server.close();
            DaemonProcess.cleanUp(stage.lab().node()).orThrow();
            stage.check(kept, NOT_SERVED);
            stage.check(external, NOT_SERVED);

            long begin = System.nanoTime();
            start(source);
            stage.note("ready by the snapshot after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
            expectBound();
            expectMark();
            expectOldState();
            stage.open("kept", kept);

            server = serve(
                    port,
                    List.of(
                            web("b4").nodePort(),
                            http("kept").on("b3"),
                            outside(),
                            ofNodeB(),
                            http("new").on("b2")));
            expectNoLossUntilTheServersState();
            stage.stillOpen("kept");
            stage.check(fromPod("a3").to("new", 80), reaches("b2"));
            stage.check(fromPod("a3").to("goes", 80), NOT_SERVED);
            stage.check(external, reaches("b5"));
            stage.check(fromClient().toNodePort("web", 80), reaches("b4"));
            expectNoMark();
            stage.eventually(
                    "the new state is stored",
                    () -> TextFile.read(folder.resolve("snapshot.jsonl")).contains("\"name\":\"new\""));
        }

        private FakeApi serve(int at, List<ServiceTemplate> services) {
            return stage.lab()
                    .node()
                    .call(() -> new FakeApi(at, at == 0 ? 1 : 1000, api -> {
                        ApiManifests.put(api, DaemonSetup.DEFAULT.nodeManifest());
                        ApiManifests.put(api, stage.yaml(services));
                    }));
        }

        private void start(List<String> source) {
            stage.session().launchFrom(source, "--state-dir=" + folder);
            stage.session().awaitReady(IpFamily.values());
        }

        private void expectOldState() {
            stage.check(moved, reaches("b2"));
            stage.check(fromClient().toNodePort("web", 80), reaches("b2"));
            stage.check(kept, reaches("b3"));
            stage.check(fromPod("a3").to("goes", 80), reaches("b4"));
            stage.check(external, reaches("b5"));
            stage.check(fromPod("a3").to("other", 1131), reaches("b5"));
        }

        private static ServiceTemplate outside() {
            return http("outside").on("b5").externalIp();
        }

        /** At an address that another node has. */
        private static ServiceTemplate ofNodeB() {
            return service("other").port(1131, 8080).on("b5").externalIps("192.168.10.2", "fd00:10::2");
        }

        private void expectOtherNodesStored() {
            if (stage.mode() == ProxyMode.IPVS) {
                stage.eventually(
                        "the other nodes are stored",
                        () -> TextFile.read(folder.resolve("snapshot.jsonl")).contains("\"peers\":true"));
            }
        }

        /** Whoever has an address is known from the snapshot, so that what nobody has is bound by the first sync. */
        private void expectBound() {
            if (stage.mode() == ProxyMode.IPVS) {
                String bound = stage.lab()
                        .node()
                        .run("ip", "-o", "addr", "show", "dev", "kube-ipvs0")
                        .orThrow();
                external.destination(
                        stage.allotment(),
                        (address, port) -> Assertions.assertThat(bound).contains(" " + address + "/"));
                Assertions.assertThat(bound).doesNotContain(" 192.168.10.2/", " fd00:10::2/");
            }
        }

        private void expectMark() throws IOException {
            Assertions.assertThat(stage.daemon().healthz().body()).contains("\"fromSnapshot\":{\"written\":\"2");
            stage.eventually(
                    "the problem is named",
                    () -> stage.daemon().healthz().body().contains("carries traffic from the snapshot of 2"));
            Assertions.assertThat(stage.daemon().metric("sluice_snapshot_in_use"))
                    .hasValue(1);
        }

        private void expectNoLossUntilTheServersState() {
            List<Outcome> lost = new ArrayList<>();
            List<Outcome> strange = new ArrayList<>();
            Attempts.untilTrue(stage.session().stretched(RECONNECT), "the server's state is in force", () -> {
                stage.calls(kept.times(5)).stream()
                        .filter(o -> !isFrom("b3", o))
                        .forEach(lost::add);
                List<Outcome> now = stage.calls(moved);
                now.stream().filter(o -> !isFrom("b2", o) && !isFrom("b4", o)).forEach(strange::add);
                return now.stream().allMatch(o -> isFrom("b4", o));
            });
            Assertions.assertThat(lost).as("lost calls to what has not changed").isEmpty();
            Assertions.assertThat(strange)
                    .as("calls to neither the old nor the new endpoint")
                    .isEmpty();
        }

        private static boolean isFrom(String pod, Outcome outcome) {
            return outcome instanceof Outcome.Answer answer && answer.pod().equals(pod);
        }

        private void expectNoMark() {
            stage.eventually("the mark is gone", () -> {
                String health = stage.daemon().healthz().body();
                return !health.contains("napshot")
                        && stage.daemon().metric("sluice_snapshot_in_use").orElse(1) == 0;
            });
        }

        @Override
        public void close() {
            server.close();
        }
    }
}
