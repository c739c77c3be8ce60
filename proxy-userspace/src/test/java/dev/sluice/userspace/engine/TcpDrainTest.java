// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.PortalScope;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.Socket;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Open connections after their endpoint was removed, and after the process was told to end. */
@Timeout(60)
class TcpDrainTest {
    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
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
            return engine.drain(limit, beforeRefusing, () -> {});
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
