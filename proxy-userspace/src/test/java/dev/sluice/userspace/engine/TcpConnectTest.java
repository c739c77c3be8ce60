// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.routing.RoutingTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Which endpoint a new connection reaches, and when it is reset. */
@Timeout(60)
class TcpConnectTest {
    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
    }

    @Test
    void connectionsTakeTurnsAmongTheEndpoints() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer a = TestServer.saying(fixture.loopbackAddress(), "a");
                TestServer b = TestServer.saying(fixture.loopbackAddress(), "b")) {
            fixture.tcp(a.port(), b.port());
            List<String> answers = fixture.answers(20);
            assertThat(answers.subList(0, 2)).containsExactlyInAnyOrder("a", "b");
            for (int i = 2; i < 20; i++) {
                assertThat(answers.get(i)).isEqualTo(answers.get(i - 2));
            }
        }
    }

    @Test
    void aDeadEndpointIsPassedOver() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer alive = TestServer.saying(fixture.loopbackAddress(), "alive")) {
            fixture.tcp(TestServer.deadPort(fixture.loopbackAddress()), alive.port());
            assertThat(fixture.answers(10)).containsOnly("alive");
            assertThat(fixture.engine.counters().connectRetries())
                    .as("until it is ejected, and a try or two if a second passes")
                    .isBetween(3L, 5L);
            assertThat(fixture.engine.counters().connectionsRefused()).isZero();
        }
    }

    @Test
    void aSilentEndpointIsPassedOverAfterTheTimeOut() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                FullListener silent = new FullListener(fixture);
                TestServer alive = TestServer.saying(fixture.loopbackAddress(), "alive")) {
            fixture.tcp(silent.port(), alive.port());
            long start = System.nanoTime();
            assertThat(fixture.answers(2)).containsOnly("alive");
            assertThat(fixture.engine.counters().connectRetries()).isEqualTo(1);
            assertThat(System.nanoTime() - start).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(240));
        }
    }

    /** A listening socket whose queue is full: the kernel answers no further SYN. */
    private static final class FullListener implements AutoCloseable {
        private final ServerSocket listener;
        private final List<Socket> queue = new ArrayList<>();

        FullListener(EngineFixture fixture) throws IOException {
            listener = new ServerSocket(0, 1, fixture.loopbackAddress());
            for (int i = 0; i < 2; i++) {
                queue.add(new Socket(fixture.loopbackAddress(), listener.getLocalPort()));
            }
        }

        int port() {
            return listener.getLocalPort();
        }

        @Override
        public void close() throws IOException {
            for (Socket socket : queue) {
                socket.close();
            }
            listener.close();
        }
    }

    @Test
    void whenAllEndpointsAreDeadTheClientIsReset() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            fixture.tcp(TestServer.deadPort(fixture.loopbackAddress()), TestServer.deadPort(fixture.loopbackAddress()));
            fixture.assertReset();
            assertThat(fixture.engine.counters().connectionsRefused()).isEqualTo(1);
            assertThat(fixture.engine.counters().connectRetries()).isEqualTo(3);
        }
    }

    @Test
    void aConnectionBeyondTheLimitIsResetAndTheOthersGoOn() throws Exception {
        EngineOptions options = EngineOptions.of(EngineFixture.udp(Duration.ofSeconds(30)))
                .withEventLoops(1)
                .withinOpenFiles(8);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, options);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket first = fixture.connect();
                    Socket second = fixture.connect()) {
                first.getOutputStream().write(1);
                second.getOutputStream().write(2);
                assertThat(first.getInputStream().read()).isOne();
                assertThat(second.getInputStream().read()).isEqualTo(2);
                fixture.assertReset();
                assertThat(fixture.engine.counters().connectionsRefused()).isOne();
                first.getOutputStream().write(3);
                assertThat(first.getInputStream().read()).isEqualTo(3);
            }
        }
    }

    @Test
    void aConnectionToNoServiceIsReset() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            fixture.portal = new Portal.Address(Protocol.TCP, fixture.clusterIp(), 81);
            fixture.tcp(1);
            fixture.assertReset();
            assertThat(fixture.engine.counters().connectionsRefused()).isEqualTo(1);
        }
    }

    @Test
    void aDefectResetsItsConnectionAndTheNextOneIsAccepted() throws Exception {
        EngineOptions options =
                EngineOptions.of(EngineFixture.udp(Duration.ofSeconds(30))).withEventLoops(1);
        AtomicInteger asked = new AtomicInteger();
        OriginalDestinations failing = (sockets, accepted, family) -> {
            throw new IllegalStateException("for the test " + asked.incrementAndGet());
        };
        try (UserspaceEngine engine = new UserspaceEngine(options, failing, DatagramDestinations.FromConntrack::open)) {
            int port = engine.listen(new RoutingTable(IpFamily.IPV4));
            for (int i = 0; i < 3; i++) {
                try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
                }
            }
            assertThat(asked).hasValue(3);
            await().until(() -> engine.counters().connectionsActive() == 0);
        }
    }

    /** The timer of the connection to a port, as /proc/net/tcp has it: 2 is that of keep-alive. */
    private static boolean isKeptAlive(int port) throws IOException {
        String peer = String.format(Locale.ROOT, ":%04X", port);
        return Files.readAllLines(Path.of("/proc/net/tcp")).stream()
                .map(line -> line.trim().split("\\s+"))
                .filter(fields -> fields[2].endsWith(peer) && fields[3].equals("01"))
                .anyMatch(fields -> fields[5].startsWith("02"));
    }

    @Test
    void aConnectionThatLastsIsKeptAlive() throws Exception {
        EngineOptions options = EngineOptions.of(EngineFixture.udp(Duration.ofMillis(200)));
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, options);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertThat(client.getInputStream().read()).isOne();
                await().until(() -> isKeptAlive(server.port()));
            }
        }
    }
}
