// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.routing.ExpiryReason;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.ProxyProtocol;
import dev.sluice.userspace.routing.RefusalReason;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Connection policies by annotation, on loopback. */
@Timeout(60)
class TcpPolicyTest {

    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
    }

    private static ConnectionPolicy limits(Duration idle, Duration age) {
        return new ConnectionPolicy(
                Scheduler.RR, null, List.of(), idle.isZero() ? null : idle, age.isZero() ? null : age, 0, null, false);
    }

    private static void ping(Socket client) throws IOException {
        client.getOutputStream().write('.');
        assertThat(client.getInputStream().read()).isEqualTo('.');
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theProxyHeaderComesBeforeTheClientsFirstByte(IpFamily family) throws Exception {
        BlockingQueue<byte[]> got = new LinkedBlockingQueue<>();
        try (EngineFixture fixture = new EngineFixture(family);
                TestServer server = new TestServer(
                        fixture.loopbackAddress(),
                        peer -> got.add(peer.getInputStream().readAllBytes()))) {
            PortBalancer live = fixture.tcp(
                    new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 0, ProxyProtocol.V1, false),
                    server.port());
            try (Socket client = fixture.connect()) {
                client.getOutputStream().write("first".getBytes(US_ASCII));
                client.shutdownOutput();
                byte[] bytes = Objects.requireNonNull(got.poll(20, TimeUnit.SECONDS));
                String text = new String(bytes, US_ASCII);
                assertThat(text)
                        .isEqualTo("PROXY " + (family == IpFamily.IPV4 ? "TCP4 " : "TCP6 ") + fixture.loopback() + " "
                                + fixture.clusterIp() + " " + client.getLocalPort() + " 80\r\nfirst");
            }
            assertThat(live.counters().bytesIn().sum()).isEqualTo(5);
        }
    }

    @Test
    void anIdleConnectionEndsAndABusyOneDoesNot() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            PortBalancer live = fixture.tcp(limits(Duration.ofMillis(1500), Duration.ZERO), server.port());
            try (Socket quiet = fixture.connect();
                    Socket busy = fixture.connect()) {
                ping(quiet);
                ping(busy);
                await().pollInterval(Duration.ofMillis(50)).until(() -> {
                    ping(busy);
                    return live.open() == 1;
                });
                assertThatThrownBy(() -> ping(quiet)).isInstanceOfAny(IOException.class, AssertionError.class);
                ping(busy);
                assertThat(live.counters().expirations(ExpiryReason.IDLE)).isEqualTo(1);
            }
            await().until(() -> live.open() == 0);
        }
    }

    @Test
    void aBusyConnectionEndsAtItsAge() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            PortBalancer live = fixture.tcp(limits(Duration.ZERO, Duration.ofMillis(500)), server.port());
            try (Socket client = fixture.connect()) {
                long begin = System.nanoTime();
                assertThatThrownBy(() -> {
                            while (System.nanoTime() - begin < TimeUnit.SECONDS.toNanos(20)) {
                                ping(client);
                            }
                        })
                        .isInstanceOfAny(IOException.class, AssertionError.class);
                assertThat(Duration.ofNanos(System.nanoTime() - begin))
                        .isBetween(Duration.ofMillis(480), Duration.ofSeconds(10));
            }
            await().until(() -> live.open() == 0);
        }
    }

    @Test
    void overTheLimitConnectionsAreResetUntilOneEnds() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            PortBalancer live = fixture.tcp(
                    new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 1, null, false), server.port());
            try (Socket first = fixture.connect()) {
                ping(first);
                assertThatThrownBy(() -> call(fixture)).isInstanceOfAny(IOException.class, AssertionError.class);
                assertThat(live.counters().refusals(RefusalReason.CONNECTION_LIMIT))
                        .isEqualTo(1);
                ping(first);
            }
            await().until(() -> live.open() == 0);
            try (Socket third = fixture.connect()) {
                ping(third);
            }
        }
    }

    @Test
    void whatAServiceCarriesIsCounted() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            PortBalancer live = fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                ping(client);
                ping(client);
                assertThat(live.open()).isEqualTo(1);
                assertThat(live.reachable().upstream(0).open()).isEqualTo(1);
                assertThat(live.counters().connects()).isEqualTo(1);
                assertThat(live.counters().connectNanos()).isPositive();
                ConnectTimes times = fixture.engine.counters().connectTimes();
                assertThat(IntStream.range(0, times.buckets())
                                .mapToLong(times::count)
                                .sum())
                        .isEqualTo(1);
                assertThat(times.seconds()).isBetween(1e-6, 10.0);
                assertThat(live.counters().bytesIn().sum()).isEqualTo(2);
                assertThat(live.counters().bytesOut().sum()).isEqualTo(2);
            }
            await().until(() -> live.open() == 0 && live.reachable().upstream(0).open() == 0);
        }
    }

    @Test
    void aFailingEndpointIsEjectedAndATryBringsItBack() throws Exception {
        int port;
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer alive = TestServer.echo(fixture.loopbackAddress())) {
            port = TestServer.deadPort(fixture.loopbackAddress());
            PortBalancer live = fixture.tcp(port, alive.port());
            await().until(() -> {
                call(fixture);
                return live.counters().ejections() > 0;
            });
            assertThat(live.counters().retries()).isEqualTo(3);
            assertThat(live.counters().refusals(RefusalReason.CONNECT_FAILED)).isZero();
            try (TestServer back = TestServer.echo(fixture.loopbackAddress(), port)) {
                await().until(() -> {
                    call(fixture);
                    return back.accepted.get() > 1;
                });
            }
        }
    }

    private static void call(EngineFixture fixture) throws IOException {
        try (Socket client = fixture.connect()) {
            ping(client);
        }
    }
}
