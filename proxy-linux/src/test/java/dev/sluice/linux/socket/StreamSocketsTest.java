// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real sockets on loopback. */
@Timeout(60)
class StreamSocketsTest {
    private static final int SOL_SOCKET = 1;
    private static final int SO_KEEPALIVE = 9;
    private static final int SOL_TCP = 6;
    private static final int TCP_NODELAY = 1;

    private final StreamSockets sockets = new StreamSockets();
    private final ByteBuffer received = ByteBuffer.allocateDirect(8);

    private static IpAddress loopback(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
    }

    private static int until(IntUnaryOperator call, int socket) {
        int[] result = {-Errno.EAGAIN};
        await().until(() -> {
            result[0] = call.applyAsInt(socket);
            return result[0] != -Errno.EAGAIN;
        });
        return result[0];
    }

    private int receive(int socket) {
        return Libc.system().recv(socket, received, Linux.MSG_DONTWAIT);
    }

    private static int option(int socket, int level, int option) {
        ByteBuffer value = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
        assertThat(Libc.system().getsockopt(socket, level, option, value)).isEqualTo(Integer.BYTES);
        return value.getInt(0);
    }

    private static ByteBuffer bytes(String text) {
        byte[] bytes = text.getBytes(US_ASCII);
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aConnectionFromAcceptToReset(IpFamily family) {
        int listener = sockets.listen(family, 0, 16);
        assertThat(listener).isPositive();
        int port = sockets.port(listener);
        int client = sockets.open(family);
        assertThat(sockets.bind(client, loopback(family), 0)).isZero();
        assertThat(sockets.connect(client, loopback(family), port)).isEqualTo(-Errno.EINPROGRESS);
        int accepted = until(sockets::accept, listener);
        assertThat(sockets.peer(family).address()).isEqualTo(loopback(family));
        assertThat(sockets.peer(family).port()).isPositive();
        assertThat(sockets.port(client)).isPositive();
        assertThat(option(accepted, SOL_SOCKET, SO_KEEPALIVE)).isOne();
        assertThat(option(accepted, SOL_TCP, TCP_NODELAY)).isOne();
        assertThat(option(client, SOL_TCP, TCP_NODELAY)).isZero();
        assertThat(sockets.noDelay(client)).isZero();
        assertThat(sockets.keepAlive(client)).isZero();
        assertThat(option(client, SOL_TCP, TCP_NODELAY)).isOne();
        assertThat(option(client, SOL_SOCKET, SO_KEEPALIVE)).isOne();

        assertThat(sockets.send(client, bytes("ping"))).isEqualTo(4);
        assertThat(until(this::receive, accepted)).isEqualTo(4);
        assertThat(received.get(0)).isEqualTo((byte) 'p');
        assertThat(sockets.send(accepted, bytes("po"))).isEqualTo(2);
        assertThat(until(this::receive, client)).isEqualTo(2);
        assertThat(receive(client)).isEqualTo(-Errno.EAGAIN);
        assertThat(sockets.shutdownOutput(client)).isZero();
        assertThat(until(this::receive, accepted)).isZero();

        assertThat(sockets.resetOnClose(accepted)).isZero();
        assertThat(sockets.close(accepted)).isZero();
        await().untilAsserted(() -> assertThat(sockets.takeError(client)).isNotZero());
        sockets.close(client);
        sockets.close(listener);
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aRefusedConnectionHasAnError(IpFamily family) {
        int bound = sockets.open(family);
        assertThat(sockets.bind(bound, loopback(family), 0)).isZero();
        int client = sockets.open(family);
        assertThat(sockets.connect(client, loopback(family), sockets.port(bound)))
                .isIn(-Errno.EINPROGRESS, -Errno.ECONNREFUSED);
        assertThat(sockets.takeError(client)).isIn(Errno.ECONNREFUSED, 0);
        assertThat(sockets.originalDestination(bound, family)).isNull();
        sockets.close(client);
        sockets.close(bound);
    }
}
