// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.PortalScope;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class TcpRelayTest {

    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void bytesGoBothWays(IpFamily family) throws Exception {
        try (EngineFixture fixture = new EngineFixture(family);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write("ping".getBytes(UTF_8));
                assertThat(client.getInputStream().readNBytes(4))
                        .asString(UTF_8)
                        .isEqualTo("ping");
                assertThat(fixture.engine.counters().connectionsActive()).isEqualTo(1);
            }
            await().untilAsserted(() -> {
                assertThat(fixture.engine.counters().connectionsActive()).isZero();
                assertThat(fixture.engine.counters().bytesToEndpoints()).isEqualTo(4);
                assertThat(fixture.engine.counters().bytesToClients()).isEqualTo(4);
            });
        }
    }

    @Test
    void aClientThatEndsItsStreamStillGetsTheAnswer() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    byte[] request = peer.getInputStream().readAllBytes();
                    peer.getOutputStream().write(("got " + request.length).getBytes(UTF_8));
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(new byte[100_000]);
                client.shutdownOutput();
                assertThat(client.getInputStream().readAllBytes())
                        .asString(UTF_8)
                        .isEqualTo("got 100000");
            }
            assertThat(server.failures).isEmpty();
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        }
    }

    @Test
    void aLongAnswerAfterTheEndOfTheRequestArrivesWhole() throws Exception {
        int size = 20 << 20;
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    assertThat(peer.getInputStream().readAllBytes()).hasSize(3);
                    sending(peer, 5, size).join();
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(new byte[3]);
                client.shutdownOutput();
                assertThat(receive(client.getInputStream(), 16 << 10, 2)).isEqualTo(checksum(5, size));
            }
            assertThat(server.failures).isEmpty();
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        }
    }

    @Test
    void anEndpointThatEndsItsStreamStillGetsTheRest() throws Exception {
        CompletableFuture<String> got = new CompletableFuture<>();
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    peer.getOutputStream().write("hello".getBytes(UTF_8));
                    peer.shutdownOutput();
                    got.complete(new String(peer.getInputStream().readAllBytes(), UTF_8));
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                assertThat(client.getInputStream().readAllBytes())
                        .asString(UTF_8)
                        .isEqualTo("hello");
                client.getOutputStream().write("and good-bye".getBytes(UTF_8));
            }
            assertThat(got.get(20, TimeUnit.SECONDS)).isEqualTo("and good-bye");
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        }
    }

    @Test
    void aStreamThatEndsBeforeTheEndpointIsReachedIsNotLost() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            // the first attempts fail, so that data and end of stream are there before the relay is
            fixture.tcp(TestServer.deadPort(fixture.loopbackAddress()), server.port());
            for (int i = 0; i < 20; i++) {
                try (Socket client = fixture.connect()) {
                    client.getOutputStream().write("early".getBytes(UTF_8));
                    client.shutdownOutput();
                    assertThat(client.getInputStream().readAllBytes())
                            .asString(UTF_8)
                            .isEqualTo("early");
                }
            }
        }
    }

    @Test
    void tenMegabytesEachWayArriveWholePastSlowReaders() throws Exception {
        int size = 10 << 20;
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    CompletableFuture<Void> sending = sending(peer, 2, size);
                    assertThat(receive(peer.getInputStream(), 64 << 10, 1)).isEqualTo(checksum(1, size));
                    sending.join();
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                CompletableFuture<Void> sending = sending(client, 1, size);
                assertThat(receive(client.getInputStream(), 16 << 10, 1)).isEqualTo(checksum(2, size));
                sending.join();
            }
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
            assertThat(server.failures).isEmpty();
            assertThat(fixture.engine.counters().bytesToClients()).isEqualTo(size);
            assertThat(fixture.engine.counters().bytesToEndpoints()).isEqualTo(size);
        }
    }

    @Test
    void aClientThatNeverReadsStopsItsEndpointAndNoOther() throws Exception {
        AtomicLong sent = new AtomicLong();
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    OutputStream out = peer.getOutputStream();
                    byte[] block = new byte[64 << 10];
                    for (int i = 0; i < 4096; i++) {
                        out.write(block);
                        sent.addAndGet(block.length);
                    }
                });
                TestServer echo = TestServer.echo(fixture.loopbackAddress())) {
            PortBalancer service = fixture.tcp(server.port());
            try (Socket stuck = fixture.connect()) {
                assertThat(stuck.getInputStream().read()).isZero();
                // still: the endpoint cannot send any more
                await().during(Duration.ofMillis(500))
                        .atMost(Duration.ofSeconds(20))
                        .until(sent::get, new Unchanged());
                // 256 MiB are offered; what was taken waits in the kernel's buffers and, up to the high water mark,
                // here
                assertThat(sent.get()).isLessThan(64 << 20);
                assertThat(Buffers.inUse()).as("buffers of at most 64 KiB").isBetween(1L, 80L);
                fixture.endpoints(service, echo.port());
                try (Socket other = fixture.connect()) {
                    other.getOutputStream().write(7);
                    assertThat(other.getInputStream().read()).isEqualTo(7);
                }
            }
        }
    }

    private static final class Unchanged implements java.util.function.Predicate<Long> {
        private long last = -1;

        @Override
        public boolean test(Long now) {
            boolean same = now == last;
            last = now;
            return same && now > 0;
        }
    }

    @Test
    void connectionsTakeTurnsAmongTheEndpoints() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer a = TestServer.saying(fixture.loopbackAddress(), "a");
                TestServer b = TestServer.saying(fixture.loopbackAddress(), "b")) {
            fixture.tcp(a.port(), b.port());
            List<String> answers = answers(fixture, 20);
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
            assertThat(answers(fixture, 10)).containsOnly("alive");
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
            assertThat(answers(fixture, 2)).containsOnly("alive");
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
            assertReset(fixture);
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
                assertReset(fixture);
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
            assertReset(fixture);
            assertThat(fixture.engine.counters().connectionsRefused()).isEqualTo(1);
        }
    }

    @Test
    void anEndpointThatLeadsBackToTheProxyIsNotDialled() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            // a second Service whose portal is the very endpoint of the first
            fixture.route(
                    ServicePorts.tcp("shop/loop", "127.0.0.1", server.port()).build(), server.port());
            assertReset(fixture);
            assertThat(server.accepted).hasValue(0);
        }
    }

    @Test
    void aResetOfTheEndpointReachesTheClient() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    assertThat(peer.getInputStream().read()).isEqualTo(1);
                    peer.setSoLinger(true, 0);
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertThatThrownBy(() -> client.getInputStream().read())
                        .isInstanceOf(SocketException.class)
                        .hasMessageContaining("reset");
            }
        }
    }

    @Test
    void aResetOfTheClientReachesTheEndpoint() throws Exception {
        CountDownLatch reset = new CountDownLatch(1);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    peer.getOutputStream().write(1);
                    assertThatThrownBy(() -> peer.getInputStream().read()).hasMessageContaining("reset");
                    reset.countDown();
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                assertThat(client.getInputStream().read()).isEqualTo(1);
                client.setSoLinger(true, 0);
            }
            assertThat(reset.await(20, TimeUnit.SECONDS)).isTrue();
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        }
    }

    @Test
    void aResetIsNoticedWhileTheEndpointTakesNothing() throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> over.await())) {
            fixture.tcp(server.port());
            try (SocketChannel client = SocketChannel.open()) {
                client.connect(new InetSocketAddress(fixture.loopbackAddress(), fixture.port));
                client.configureBlocking(false);
                ByteBuffer piece = ByteBuffer.allocate(1 << 16);
                await("nothing more goes in").during(Duration.ofMillis(300)).until(() -> {
                    int taken = client.write(piece.clear());
                    while (client.write(piece.clear()) > 0) {
                        Thread.onSpinWait();
                    }
                    return taken == 0;
                });
                client.setOption(StandardSocketOptions.SO_LINGER, 0);
            }
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        } finally {
            over.countDown();
        }
    }

    @Test
    void openConnectionsOutliveTheirEndpointsPlaceInTheTable() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            PortBalancer service = fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertThat(client.getInputStream().read()).isEqualTo(1);
                fixture.endpoints(service);
                fixture.table.remove(fixture.portal, new PortalRoute(service, PortalScope.INTERNAL));
                client.getOutputStream().write(2);
                assertThat(client.getInputStream().read()).isEqualTo(2);
            }
        }
    }

    @Test
    void drainingWaitsForOpenConnectionsAndTakesNewOnesMeanwhile() throws Exception {
        AtomicInteger asked = new AtomicInteger();
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertThat(client.getInputStream().read()).isEqualTo(1);
                CompletableFuture<Long> drained =
                        CompletableFuture.supplyAsync(() -> drain(fixture.engine, Duration.ofSeconds(30), () -> {
                            try {
                                fixture.connect().close();
                                asked.incrementAndGet();
                            } catch (IOException e) {
                                throw new UncheckedIOException(e);
                            }
                        }));
                for (int i = 0; i < 20; i++) {
                    try (Socket newcomer = fixture.connect()) {
                        newcomer.getOutputStream().write(i);
                        assertThat(newcomer.getInputStream().read()).isEqualTo(i);
                    }
                }
                client.getOutputStream().write(2);
                assertThat(client.getInputStream().read()).isEqualTo(2);
                assertThat(drained).isNotDone();
                client.shutdownOutput();
                assertThat(client.getInputStream().read()).isEqualTo(-1);
                assertThat(drained.get(20, TimeUnit.SECONDS)).isZero();
                assertThat(asked).hasValue(1);
                assertThatThrownBy(() -> fixture.connect().close()).hasMessageContaining("refused");
            }
        }
    }

    @Test
    void drainingResetsWhatIsLeftAtTheDeadline() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(1);
                assertThat(client.getInputStream().read()).isEqualTo(1);
                assertThat(drain(fixture.engine, Duration.ofMillis(50), () -> {}))
                        .isEqualTo(1);
                assertThatThrownBy(() -> client.getInputStream().read()).hasMessageContaining("reset");
            }
        }
    }

    private static long drain(UserspaceEngine engine, Duration limit, Runnable beforeRefusing) {
        try {
            return engine.drain(limit, beforeRefusing);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void assertReset(EngineFixture fixture) {
        assertThatThrownBy(() -> {
                    try (Socket client = fixture.connect()) {
                        client.getInputStream().read();
                    }
                })
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    private static List<String> answers(EngineFixture fixture, int count) throws IOException {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try (Socket client = fixture.connect()) {
                answers.add(new String(client.getInputStream().readAllBytes(), UTF_8));
            }
        }
        return answers;
    }

    private static CompletableFuture<Void> sending(Socket socket, int seed, int size) {
        return CompletableFuture.runAsync(() -> {
            try {
                byte[] data = data(seed, size);
                for (int at = 0; at < size; at += 100_000) {
                    socket.getOutputStream().write(data, at, Math.min(100_000, size - at));
                }
                socket.shutdownOutput();
            } catch (IOException e) {
                throw new java.io.UncheckedIOException(e);
            }
        });
    }

    /** The checksum of everything read; pauses for {@code millis} after each megabyte. */
    private static long receive(InputStream in, int block, int millis) throws IOException, InterruptedException {
        CRC32 sum = new CRC32();
        byte[] buffer = new byte[block];
        long total = 0;
        for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
            sum.update(buffer, 0, n);
            if (total / (1 << 20) != (total + n) / (1 << 20)) {
                TimeUnit.MILLISECONDS.sleep(millis);
            }
            total += n;
        }
        return sum.getValue();
    }

    private static long checksum(int seed, int size) {
        CRC32 sum = new CRC32();
        sum.update(data(seed, size));
        return sum.getValue();
    }

    private static byte[] data(int seed, int size) {
        byte[] data = new byte[size];
        new Random(seed).nextBytes(data);
        return data;
    }
}
