// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpFamily;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.SocketException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The tests of relayed connections again, spliced from the first read on, and what is special then. */
@Timeout(60)
class SplicedTcpRelayTest {
    private static final String SPLICE_AFTER = "sluice.userspace.splice-after";

    @BeforeEach
    void spliceAtOnce() {
        System.setProperty(SPLICE_AFTER, "0");
    }

    @AfterEach
    void asItWas() {
        System.clearProperty(SPLICE_AFTER);
        Buffers.assertNoneInUse();
    }

    @Nested
    class Relay extends TcpRelayTest {}

    @Nested
    class Connect extends TcpConnectTest {}

    @Nested
    class Reset extends TcpResetTest {}

    @Nested
    class Drain extends TcpDrainTest {}

    @Test
    void bytesAreCountedAndNoPipeIsHeldAtRest() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                talk(client, 200);
                assertThat(fixture.engine.counters().connectionsSpliced()).isOne();
                assertThat(fixture.engine.counters().connectionsActive()).isOne();
            }
            await().untilAsserted(() -> {
                assertThat(fixture.engine.counters().connectionsActive()).isZero();
                assertThat(fixture.engine.counters().bytesToEndpoints()).isEqualTo(800);
                assertThat(fixture.engine.counters().bytesToClients()).isEqualTo(800);
            });
        }
    }

    @Test
    void aResetInTheMiddleReachesTheOtherEnd() throws Exception {
        CompletableFuture<Integer> endpointSaw = new CompletableFuture<>();
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = new TestServer(fixture.loopbackAddress(), peer -> {
                    byte[] chunk = new byte[1 << 16];
                    try {
                        InputStream in = peer.getInputStream();
                        while (in.read(chunk) >= 0) {
                            Thread.onSpinWait();
                        }
                        endpointSaw.complete(0);
                    } catch (SocketException e) {
                        endpointSaw.complete(1);
                    }
                })) {
            fixture.tcp(server.port());
            try (Socket client = fixture.connect()) {
                OutputStream out = client.getOutputStream();
                for (int i = 0; i < 100; i++) {
                    out.write(new byte[1 << 16]);
                }
                client.setSoLinger(true, 0);
            }
            assertThat(endpointSaw.get()).isOne();
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
            assertThat(fixture.engine.counters().connectionsSpliced()).isOne();
        }
    }

    @Test
    void clientsThatResetAtOnceAreForgotten() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                TestServer server = TestServer.echo(fixture.loopbackAddress())) {
            fixture.tcp(server.port());
            for (int i = 0; i < 500; i++) {
                try (Socket client = fixture.connect()) {
                    client.getOutputStream().write(new byte[1 + i % 50 * 4096]);
                    client.setSoLinger(true, 0);
                } catch (SocketException e) {
                    assertThat(e).hasMessageContaining("reset");
                }
            }
            await().until(() -> fixture.engine.counters().connectionsActive() == 0);
        }
    }

    private static void talk(Socket client, int times) throws Exception {
        for (int i = 0; i < times; i++) {
            client.getOutputStream().write("ping".getBytes(UTF_8));
            assertThat(client.getInputStream().readNBytes(4)).asString(UTF_8).isEqualTo("ping");
        }
    }
}
