// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromClient;
import static dev.sluice.conformance.scenario.Probe.fromPod;
import static dev.sluice.conformance.scenario.SampleServices.dns;
import static dev.sluice.conformance.scenario.SampleServices.web;
import static dev.sluice.conformance.scenario.Scenario.scenario;
import static dev.sluice.core.config.ProxyMode.USERSPACE;

import dev.sluice.conformance.scenario.DaemonSetup;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.channels.DatagramChannel;
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
                        .build(),
                scenario(
                                "userspace-restart-datagrams",
                                "-",
                                "no datagram is refused between two processes, and a client's socket goes on")
                        .in(USERSPACE)
                        .setup(DaemonSetup.DEFAULT.alone())
                        .given(dns("b2").nodePort())
                        .then(fromPod("a3").to("dns", 53).udp(), reaches("b2"))
                        .act("clients keep asking", HandoverScenarios::askBetween)
                        .then(fromPod("a3").to("dns", 53).udp().times(6), reaches("b2"))
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

    private static void askBetween(Stage stage) throws IOException {
        IpAddress service = stage.allotment().clusterIp("dns");
        try (DatagramChannel pod = stage.lab().pod("a3").udpSocket(stage.family());
                DatagramChannel node = stage.lab().node().udpSocket(stage.family())) {
            List<DatagramChannel> clients = List.of(pod, node);
            for (DatagramChannel client : clients) {
                client.connect(new InetSocketAddress(service.toInetAddress(), 53));
                client.socket().setSoTimeout(500);
                stage.eventually("it is answered", () -> isAnswered(client));
            }
            stage.session().terminate();
            for (DatagramChannel client : clients) {
                Assertions.assertThat(isAnswered(client)).isFalse();
                Assertions.assertThat(isAnswered(client)).isFalse();
            }
            stage.session().start();
            for (DatagramChannel client : clients) {
                stage.eventually("it is answered again", () -> isAnswered(client));
            }
        }
    }

    /** @throws IOException when the datagram, or one before it, is refused */
    private static boolean isAnswered(DatagramChannel client) throws IOException {
        client.socket().send(new DatagramPacket(new byte[] {'x', '\n'}, 2));
        try {
            client.socket().receive(new DatagramPacket(new byte[2048], 2048));
            return true;
        } catch (SocketTimeoutException e) {
            return false;
        }
    }
}
