// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.Errno;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real sockets on loopback. */
@Timeout(60)
class DatagramBatchTest {
    private static final int PLACES = 4;
    /** asm-generic/socket.h */
    private static final int SO_NO_CHECK = 11;

    private final StreamSockets sockets = new StreamSockets();
    private final DatagramSockets datagrams = new DatagramSockets();
    private final DatagramBatch batch = new DatagramBatch(PLACES);
    private final DatagramPeer peer = new DatagramPeer();
    private int bound = -1;
    private int connected = -1;

    @AfterEach
    void close() {
        for (int socket : new int[] {bound, connected}) {
            if (socket >= 0) {
                sockets.close(socket);
            }
        }
    }

    private static IpAddress loopback(IpFamily family) {
        return IpAddress.of(family == IpFamily.IPV4 ? "127.0.0.1" : "::1");
    }

    private int open(IpFamily family) {
        int socket = datagrams.open(family);
        assertThat(socket).isPositive();
        assertThat(sockets.bind(socket, loopback(family), 0)).isZero();
        return socket;
    }

    private static DatagramSocket peer(IpFamily family) throws IOException {
        DatagramSocket socket = new DatagramSocket(0, loopback(family).toInetAddress());
        socket.setSoTimeout(20_000);
        return socket;
    }

    private static byte[] bytes(int size) {
        byte[] bytes = new byte[size];
        new Random(size).nextBytes(bytes);
        return bytes;
    }

    private void send(DatagramSocket from, IpFamily family, byte[] data) throws IOException {
        from.send(new DatagramPacket(
                data, data.length, new InetSocketAddress(loopback(family).toInetAddress(), sockets.port(bound))));
    }

    private int receive(int socket, int first, int count) {
        int[] result = {-Errno.EAGAIN};
        await().until(() -> {
            result[0] = batch.receive(socket, first, count);
            return result[0] != -Errno.EAGAIN;
        });
        return result[0];
    }

    private static byte[] next(DatagramSocket from) throws IOException {
        DatagramPacket packet = new DatagramPacket(new byte[1 << 16], 1 << 16);
        from.receive(packet);
        return Arrays.copyOf(packet.getData(), packet.getLength());
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void datagramsOfAnySizeGoFromWhereTheyWereReceived(IpFamily family) throws Exception {
        bound = open(family);
        datagrams.enlarge(bound, 1 << 20);
        connected = open(family);
        try (DatagramSocket client = peer(family);
                DatagramSocket server = peer(family)) {
            assertThat(sockets.connect(connected, loopback(family), server.getLocalPort()))
                    .isZero();
            int largest = family == IpFamily.IPV4 ? 65_507 : 65_527;
            for (int size : new int[] {0, 1, 1400, largest}) {
                send(client, family, bytes(size));
                assertThat(receive(bound, 1, 1)).isOne();
                assertThat(batch.size(1)).isEqualTo(size);
                batch.sender(1, peer);
                assertThat(peer.socketAddress()).isEqualTo(new SocketAddress(loopback(family), client.getLocalPort()));

                assertThat(batch.send(connected, 1)).isEqualTo(size);
                assertThat(next(server)).isEqualTo(bytes(size));
            }
            assertThat(batch.receive(bound, 0, PLACES)).isEqualTo(-Errno.EAGAIN);
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void manyLeaveByOneCallForTheirOwnAddresses(IpFamily family) throws Exception {
        bound = open(family);
        try (DatagramSocket a = peer(family);
                DatagramSocket b = peer(family)) {
            for (int round = 0; round < 3; round++) {
                send(a, family, bytes(10));
                send(b, family, bytes(2000 - round));
                send(a, family, bytes(30 + round));
                assertThat(receive(bound, 0, 1)).isOne();
                assertThat(receive(bound, 1, PLACES - 1)).isEqualTo(2);
                for (int place = 0; place < 3; place++) {
                    batch.sender(place, peer);
                    batch.queue(place, 1, peer);
                }
                assertThat(batch.sendQueued(bound, 0)).isEqualTo(3);
                batch.clearQueue();
                assertThat(next(a)).isEqualTo(bytes(10));
                assertThat(next(a)).isEqualTo(bytes(30 + round));
                assertThat(next(b)).isEqualTo(bytes(2000 - round));
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void datagramsOfOneSizeLeaveAsOneMessage(IpFamily family) throws Exception {
        bound = open(family);
        connected = open(family);
        int receiving = open(family);
        assertThat(datagrams.coalesce(receiving)).isZero();
        try (DatagramSocket client = peer(family);
                DatagramSocket other = peer(family)) {
            for (byte[] data : List.of(bytes(500), bytes(500), bytes(20), bytes(500))) {
                send(client, family, data);
            }
            assertThat(receive(bound, 0, PLACES)).isEqualTo(PLACES);
            assertThat(batch.run(0, PLACES)).as("a smaller one is the last").isEqualTo(3);
            assertThat(batch.run(3, PLACES)).isOne();
            assertThat(batch.size(0, 3)).isEqualTo(1020);
            batch.sender(0, peer);
            send(other, family, bytes(500));
            assertThat(receive(bound, 3, 1)).isOne();
            assertThat(batch.run(2, PLACES)).as("another sender").isOne();

            assertThat(sockets.connect(connected, loopback(family), sockets.port(receiving)))
                    .isZero();
            assertThat(batch.isRun(0, 3)).isTrue();
            assertThat(batch.sendRun(connected, 0, 3)).isOne();
            assertThat(receive(receiving, 1, 2)).as("in one place").isOne();
            assertThat(batch.size(1)).isEqualTo(1020);
            assertThat(batch.isRun(1, 1)).isTrue();
            assertThat(batch.run(1, 2)).isOne();

            // on to the client, cut up by the kernel
            batch.queue(1, 1, peer);
            assertThat(batch.sendQueued(bound, 0)).isOne();
            for (int size : new int[] {500, 500, 20}) {
                assertThat(next(client)).isEqualTo(bytes(size));
            }
            // and by hand
            assertThat(batch.sendApart(bound, 1, 1, 0)).isEqualTo(3);
            for (int size : new int[] {500, 500, 20}) {
                assertThat(next(client)).isEqualTo(bytes(size));
            }
            // after which the place is whole again, and others are not what was sent before
            batch.clearQueue();
            batch.queue(1, 1, peer);
            batch.queue(3, 1, peer);
            assertThat(batch.sendQueued(bound, 0)).isEqualTo(2);
            for (int size : new int[] {500, 500, 20, 500}) {
                assertThat(next(client)).isEqualTo(bytes(size));
            }
        } finally {
            sockets.close(receiving);
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theHopsThatAreLeftAreReported(IpFamily family) throws Exception {
        bound = open(family);
        connected = open(family);
        assertThat(datagrams.limitHops(connected, family, 7)).isZero();
        assertThat(sockets.connect(connected, loopback(family), sockets.port(bound)))
                .isZero();
        assertThat(sockets.send(connected, ByteBuffer.allocateDirect(600))).isEqualTo(600);
        assertThat(receive(bound, 0, 1)).isOne();
        assertThat(batch.hopsLeft(0)).as("not asked for").isEqualTo(-1);

        assertThat(datagrams.reportHops(bound, family)).isZero();
        assertThat(datagrams.coalesce(bound)).isZero();
        for (int i = 0; i < 2; i++) {
            assertThat(sockets.send(connected, ByteBuffer.allocateDirect(600))).isEqualTo(600);
        }
        assertThat(receive(bound, 1, 2)).isEqualTo(2);
        assertThat(batch.hopsLeft(1)).isEqualTo(7);
        assertThat(batch.sendRun(connected, 1, 2)).isOne();
        assertThat(receive(bound, 0, 1)).isOne();
        assertThat(batch.isRun(0, 1)).as("beside the size of a run").isTrue();
        assertThat(batch.hopsLeft(0)).isEqualTo(7);
    }

    @Test
    void aRunThatTheKernelCannotCutUpIsSentApart() throws Exception {
        bound = open(IpFamily.IPV4);
        connected = open(IpFamily.IPV4);
        try (DatagramSocket client = peer(IpFamily.IPV4);
                DatagramSocket server = peer(IpFamily.IPV4)) {
            send(client, IpFamily.IPV4, bytes(300));
            send(client, IpFamily.IPV4, bytes(300));
            assertThat(receive(bound, 0, PLACES)).isEqualTo(2);
            assertThat(sockets.connect(connected, loopback(IpFamily.IPV4), server.getLocalPort()))
                    .isZero();
            ByteBuffer on = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
            // a segment needs a checksum
            assertThat(Libc.system().setsockopt(connected, Linux.SOL_SOCKET, SO_NO_CHECK, on.putInt(0, 1)))
                    .isZero();
            assertThat(batch.sendRun(connected, 0, 2)).isEqualTo(-Errno.EINVAL);
            assertThat(batch.sendApart(connected, 0, 2, -1)).isEqualTo(2);
            assertThat(next(server)).isEqualTo(bytes(300));
            assertThat(next(server)).isEqualTo(bytes(300));
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aRefusalIsReturnedOnce(IpFamily family) throws Exception {
        bound = open(family);
        connected = open(family);
        int gone;
        try (DatagramSocket server = peer(family)) {
            gone = server.getLocalPort();
        }
        assertThat(sockets.connect(connected, loopback(family), gone)).isZero();
        try (DatagramSocket client = peer(family)) {
            send(client, family, bytes(5));
            assertThat(receive(bound, 0, 1)).isOne();
        }
        assertThat(batch.send(connected, 0)).isEqualTo(5);
        assertThat(receive(connected, 0, PLACES)).isEqualTo(-Errno.ECONNREFUSED);
        assertThat(batch.receive(connected, 0, PLACES)).isEqualTo(-Errno.EAGAIN);
    }
}
