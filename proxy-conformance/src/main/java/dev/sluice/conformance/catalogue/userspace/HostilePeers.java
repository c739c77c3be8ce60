// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.catalogue.userspace;

import static dev.sluice.conformance.scenario.Expected.Fails.REFUSED;
import static dev.sluice.conformance.scenario.Expected.reaches;
import static dev.sluice.conformance.scenario.Probe.fromPod;

import dev.sluice.conformance.observe.NodeState;
import dev.sluice.conformance.scenario.Stage;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.nio.channels.ServerSocketChannel;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.assertj.core.api.Assertions;

/** The actions of misbehaving peers, and the checks of the proxy meanwhile. */
public final class HostilePeers {
    private static final int SOME = 20;
    private static final int MANY = 500;
    private static final int MEGABYTE = 1 << 20;
    private static final int LITTLE_MEMORY = 64;

    private HostilePeers() {}

    /** A client whose packets stop: the proxy detects it by keep-alive probes, here after three seconds. */
    static void vanish(Stage stage) throws Exception {
        HostileState before = HostileState.of(stage);
        for (String setting : List.of("time=1", "intvl=1", "probes=2")) {
            stage.lab()
                    .node()
                    .run("sysctl", "-q", "-w", "net.ipv4.tcp_keepalive_" + setting)
                    .orThrow();
        }
        LabHost pod = stage.lab().pod("a4");
        String tool = NodeState.tool(stage, "");
        try (Connection client = stage.connect(fromPod("a4").to("web", 80))) {
            Assertions.assertThat(client.ask()).isInstanceOf(Outcome.Answer.class);
            pod.run(tool, "-w", "-A", "OUTPUT", "-p", "tcp", "-j", "DROP").orThrow();
            before.expectGone(stage);
            stage.eventually(
                    "the endpoint's connection has ended",
                    () -> !stage.lab()
                            .pod("b2")
                            .run("ss", "-Htn", "state", "established", "sport = :8080")
                            .orThrow()
                            .contains(":8080"));
        } finally {
            pod.run(tool, "-w", "-F", "OUTPUT").orThrow();
        }
    }

    /** Clients that request much data and read none of it. */
    static void neverRead(Stage stage) throws Exception {
        HostileState before = HostileState.of(stage);
        List<Connection> clients = open(stage, SOME, "web");
        for (Connection client : clients) {
            client.send("bulk 1000000000\n");
        }
        expectBlocked(stage, "bytes_to_clients_total");
        stage.note(before.growth(stage));
        before.expectLittleMore(stage, LITTLE_MEMORY);
        stage.check(HostilePeerScenarios.web80(), reaches("b2"));
        reset(clients);
        before.expectGone(stage);
    }

    /** Clients that send much data to an endpoint in {@code pod} that accepts and reads none of it. */
    static void neverRead(Stage stage, String pod, int port) throws Exception {
        HostileState before = HostileState.of(stage);
        try (ServerSocketChannel silent = stage.lab().pod(pod).listen(port)) {
            List<Connection> clients = open(stage, SOME, "silent");
            AtomicLong sending = new AtomicLong();
            for (Connection client : clients) {
                Thread.ofVirtual().start(() -> sendUntilItFails(client, sending));
            }
            stage.eventually("they send", () -> sending.get() == SOME);
            expectBlocked(stage, "bytes_to_endpoints_total");
            stage.note(before.growth(stage));
            before.expectLittleMore(stage, LITTLE_MEMORY);
            Assertions.assertThat(HostileState.metric(stage, "connections_spliced_total"))
                    .isGreaterThanOrEqualTo(SOME);
            stage.check(HostilePeerScenarios.web80(), reaches("b2"));
            reset(clients);
            before.expectGone(stage);
            Assertions.assertThat(silent.isOpen()).isTrue();
        }
    }

    private static void sendUntilItFails(Connection client, AtomicLong sending) {
        ByteBuffer piece = ByteBuffer.allocateDirect(MEGABYTE);
        try {
            client.send(piece);
            sending.incrementAndGet();
            while (true) {
                client.send(piece.rewind());
            }
        } catch (IOException e) {
            // it was reset, as intended
        }
    }

    /** Waits until no more bytes pass for a while. */
    private static void expectBlocked(Stage stage, String counter) {
        List<Double> seen = new ArrayList<>();
        stage.eventually("nothing more is taken", () -> {
            seen.add(HostileState.metric(stage, counter));
            int count = seen.size();
            return count > 10 && seen.get(count - 1) > 0 && seen.get(count - 1).equals(seen.get(count - 10));
        });
    }

    /** Clients that keep a connection open and send nothing. */
    static void sendNothing(Stage stage) throws Exception {
        HostileState before = HostileState.of(stage);
        List<Connection> clients = open(stage, MANY, "web");
        stage.eventually("all are taken", () -> HostileState.metric(stage, "connections_active") >= MANY);
        stage.note(before.growth(stage));
        before.expectLittleMore(stage, LITTLE_MEMORY);
        stage.check(HostilePeerScenarios.web80(), reaches("b2"));
        reset(clients);
        before.expectGone(stage);
    }

    /** Clients that reset a connection in the middle of the answer. */
    static void resetInTheMiddle(Stage stage) throws Exception {
        HostileState before = HostileState.of(stage);
        for (int i = 0; i < 3; i++) {
            List<Connection> clients = open(stage, SOME, "web");
            for (Connection client : clients) {
                client.send("bulk 1000000000\n");
                client.input().skipNBytes(MEGABYTE);
            }
            reset(clients);
        }
        Assertions.assertThat(HostileState.metric(stage, "connections_spliced_total"))
                .isGreaterThanOrEqualTo(3 * SOME);
        before.expectGone(stage);
        before.expectLittleMore(stage, LITTLE_MEMORY);
        stage.note(before.growth(stage));
        stage.check(HostilePeerScenarios.web80(), reaches("b2"));
    }

    private static List<Connection> open(Stage stage, int count, String service) throws IOException {
        List<Connection> clients = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            clients.add(stage.connect(fromPod("a4").to(service, 80)));
        }
        return clients;
    }

    private static void reset(List<Connection> clients) throws IOException {
        for (Connection client : clients) {
            client.reset();
        }
    }

    /** Calls straight to the port that the rules redirect to, which clients are not meant to use. */
    static void connectStraight(Stage stage) throws Exception {
        double before = HostileState.metric(stage, "connections_total");
        int port = HostilePeerScenarios.proxyPort(stage);
        IpAddress node = LabAddresses.of(LabAddresses.NODE_A, stage.family());
        for (String host : List.of("a3", LabAddresses.CLIENT, LabAddresses.NODE_A)) {
            Assertions.assertThat(stage.caller(host).tcp(node, port))
                    .as(host + " to " + node.withPort(port))
                    .matches(outcome -> outcome instanceof Outcome.Refused, REFUSED.toString());
        }
        Assertions.assertThat(HostileState.metric(stage, "connections_total")).isEqualTo(before);
    }

    /** Sends one datagram from each unprivileged port that no echo server uses. */
    static void sendFromEveryPort(Stage stage, String pod, IpAddress to) {
        InetSocketAddress target = new InetSocketAddress(to.toInetAddress(), 53);
        boolean v4 = to.family() == IpFamily.IPV4;
        stage.lab().pod(pod).call(() -> {
            for (int port = 1024; port <= 0xffff; port++) {
                if (port == Lab.UDP_PORT) {
                    continue;
                }
                try (DatagramChannel channel =
                        DatagramChannel.open(v4 ? StandardProtocolFamily.INET : StandardProtocolFamily.INET6)) {
                    channel.bind(new InetSocketAddress(port));
                    channel.send(ByteBuffer.wrap(new byte[] {'x', '\n'}), target);
                }
            }
            return 0;
        });
    }
}
