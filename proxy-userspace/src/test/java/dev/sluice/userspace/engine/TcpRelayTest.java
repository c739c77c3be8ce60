// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.routing.PortBalancer;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What both ends of a relayed connection send. */
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
                    Payload.send(peer, 5, size).join();
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write(new byte[3]);
                client.shutdownOutput();
                assertThat(Payload.receive(client.getInputStream(), 16 << 10, 2))
                        .isEqualTo(Payload.checksum(5, size));
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
                    CompletableFuture<Void> sending = Payload.send(peer, 2, size);
                    assertThat(Payload.receive(peer.getInputStream(), 64 << 10, 1))
                            .isEqualTo(Payload.checksum(1, size));
                    sending.join();
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                CompletableFuture<Void> sending = Payload.send(client, 1, size);
                assertThat(Payload.receive(client.getInputStream(), 16 << 10, 1))
                        .isEqualTo(Payload.checksum(2, size));
                sending.join();
            }
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
            assertThat(server.failures).isEmpty();
            assertThat(fixture.engine.counters().bytesToClients()).isEqualTo(size);
            assertThat(fixture.engine.counters().bytesToEndpoints()).isEqualTo(size);
        }
    }

    @Test
    void whatASlowReaderDoesNotTakeWaitsInABuffer() throws Exception {
        int size = 16 << 20;
        EngineOptions copying = new EngineOptions(EngineFixture.udp(Duration.ofSeconds(30)), 1, 16, -1, 16, 0);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, copying);
                TestServer server = new TestServer(
                        fixture.loopbackAddress(),
                        peer -> Payload.send(peer, 3, size).join())) {
            fixture.tcp(server.port());
            try (Socket client = new Socket()) {
                client.setReceiveBufferSize(4096);
                client.connect(new InetSocketAddress(fixture.loopbackAddress(), fixture.port));
                await().untilAsserted(() -> assertThat(Buffers.inUse()).isOne());
                assertThat(Payload.receive(client.getInputStream(), 16 << 10, 1))
                        .isEqualTo(Payload.checksum(3, size));
            }
            assertThat(fixture.engine.counters().connectionsSpliced()).isZero();
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        }
    }

    @Test
    void urgentDataDoesNotHoldUpWhatFollows() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write("before".getBytes(UTF_8));
                client.sendUrgentData('!');
                client.getOutputStream().write("after".getBytes(UTF_8));
                client.shutdownOutput();
                assertThat(client.getInputStream().readAllBytes())
                        .asString(UTF_8)
                        .isEqualTo("beforeafter");
            }
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
                // 256 MiB are offered; what was taken waits in the kernel's buffers, and here in one buffer or pipe
                assertThat(sent.get()).isLessThan(64 << 20);
                assertThat(Buffers.inUse()).as("buffers of at most 64 KiB").isLessThanOrEqualTo(1);
                fixture.endpoints(service, echo.port());
                try (Socket other = fixture.connect()) {
                    other.getOutputStream().write(7);
                    assertThat(other.getInputStream().read()).isEqualTo(7);
                }
            }
        }
    }

    private static final class Unchanged implements Predicate<Long> {
        private long last = -1;

        @Override
        public boolean test(Long now) {
            boolean same = now == last;
            last = now;
            return same && now > 0;
        }
    }
}
