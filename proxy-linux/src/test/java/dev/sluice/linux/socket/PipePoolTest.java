// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.linux.Errno;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class PipePoolTest {
    private static final Libc LIBC = Libc.system();
    private static final int AF_INET = 2;

    private final PipePool pool = new PipePool(64 << 10, 1);

    /** Two TCP sockets that are connected with each other. */
    private record Pair(int left, int right) implements AutoCloseable {
        static Pair open() {
            int door = LIBC.socket(AF_INET, Linux.SOCK_STREAM, 0);
            ByteBuffer address = ByteBuffer.allocateDirect(16).order(ByteOrder.nativeOrder());
            address.putShort(0, (short) AF_INET).put(4, (byte) 127).put(7, (byte) 1);
            assertThat(LIBC.bind(door, address)).isZero();
            assertThat(LIBC.listen(door, 1)).isZero();
            LIBC.getsockname(door, address);
            int left = LIBC.socket(AF_INET, Linux.SOCK_STREAM, 0);
            assertThat(LIBC.connect(left, address)).isZero();
            int right = LIBC.accept4(door, address, Linux.SOCK_NONBLOCK);
            LIBC.close(door);
            return new Pair(left, right);
        }

        @Override
        public void close() {
            LIBC.close(left);
            LIBC.close(right);
        }
    }

    @Test
    void bytesGoFromOneSocketToAnother() {
        try (Pair client = Pair.open();
                Pair server = Pair.open()) {
            Pipe pipe = Objects.requireNonNull(pool.take());
            assertThat(pipe.fillFrom(client.right())).isEqualTo(-Errno.EAGAIN);
            ByteBuffer hello =
                    ByteBuffer.allocateDirect(5).put("hello".getBytes(UTF_8)).flip();
            LIBC.write(client.left(), hello);
            assertThat(pipe.fillFrom(client.right())).isEqualTo(5);
            assertThat(pipe.held()).isEqualTo(5);
            assertThat(pipe.drainTo(server.right())).isEqualTo(5);
            assertThat(pipe.isEmpty()).isTrue();
            byte[] got = new byte[5];
            ByteBuffer in = ByteBuffer.allocateDirect(5);
            assertThat(LIBC.recv(server.left(), in, 0)).isEqualTo(5);
            in.get(got);
            assertThat(got).asString(UTF_8).isEqualTo("hello");
            LIBC.close(client.left());
            assertThat(pipe.fillFrom(client.right())).isZero();
            pool.give(pipe);
        }
        pool.close();
    }

    @Test
    void anEmptyPipeIsUsedAgainAndOneWithBytesInItIsNot() {
        try (Pair client = Pair.open()) {
            Pipe first = Objects.requireNonNull(pool.take());
            pool.give(first);
            assertThat(pool.idle()).isOne();
            assertThat(pool.take()).isSameAs(first);
            LIBC.write(client.left(), ByteBuffer.allocateDirect(3));
            assertThat(first.fillFrom(client.right())).isEqualTo(3);
            pool.give(first);
            assertThat(pool.idle()).isZero();
        }
    }

    @Test
    void whatCameIsThrownAway() {
        try (Pair client = Pair.open()) {
            LIBC.write(client.left(), ByteBuffer.allocateDirect(1000));
            assertThat(pool.discard(client.right(), 1 << 20)).isEqualTo(1000);
            assertThat(pool.discard(client.right(), 1 << 20)).isEqualTo(-Errno.EAGAIN);
        }
    }
}
