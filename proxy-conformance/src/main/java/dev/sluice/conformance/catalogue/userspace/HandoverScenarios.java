// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.assertj.core.api.Assertions;

/** The handover from one process of userspace mode to the next. */
public final class HandoverScenarios {
    private HandoverScenarios() {}

    public static List<Scenario> all() {
        return List.of(
                scenario("userspace-takeover", "-", "a process that is started beside a running one takes over from it")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web().nodePort())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("a second process takes over, the first ends", HandoverScenarios::takeOver)
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .then(fromClient().toNodePort("web", 80).times(6), reaches("b2"))
                        .build(),
                scenario("userspace-restart-waits", "-", "who connects between two processes waits for the second")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(web().nodePort())
                        .then(fromPod("a3").to("web", 80), reaches("b2"))
                        .act("calls between SIGTERM and start", HandoverScenarios::callBetween)
                        .then(fromPod("a3").to("web", 80).times(6), reaches("b2"))
                        .build());
    }

    private static void takeOver(Stage stage) {
        DaemonProcess first = stage.daemon();
        DaemonProcess second = stage.session().launch();
        String line = "took over from process " + first.pid();
        stage.eventually("the log says '" + line + "'", () -> second.logText().contains(line));
        Assertions.assertThat(first.isAlive()).isTrue();
        first.terminate(stage.session().settle());
        stage.session().awaitReady(IpFamily.values());
    }

    private static void callBetween(Stage stage) {
        stage.session().terminate();
        Duration patience = stage.session().settle();
        Caller pod = stage.caller("a3").waiting(patience);
        Caller client = stage.caller(LabAddresses.CLIENT).waiting(patience);
        CompletableFuture<Outcome> toService = CompletableFuture.supplyAsync(
                () -> fromPod("a3").to("web", 80).destination(stage.allotment(), pod::tcp));
        CompletableFuture<Outcome> toNode = CompletableFuture.supplyAsync(
                () -> fromClient().toNodePort("web", 80).destination(stage.allotment(), client::tcp));
        stage.session().start();
        Assertions.assertThat(toService.join()).isInstanceOf(Outcome.Answer.class);
        Assertions.assertThat(toNode.join()).isInstanceOf(Outcome.Answer.class);
    }
}
