// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpFamily;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A reset of one end reaches the other. */
@Timeout(60)
class TcpResetTest {
    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
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
}
