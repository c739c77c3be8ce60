// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.linux.Errno;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

final class LibcTest {
    private final Libc libc = Libc.system();

    @Test
    void failureIsTheNegativeErrorNumber() {
        assertThat(libc.open("/no/such/file", Linux.O_RDONLY, 0)).isEqualTo(-Errno.ENOENT);
        assertThat(libc.close(-1)).isEqualTo(-9);
        assertThat(libc.socket(9999, Linux.SOCK_RAW, 0)).isEqualTo(-Errno.EAFNOSUPPORT);
    }

    @Test
    void errorsOfThreadsAreApart() throws Exception {
        Callable<Integer> missing = () -> libc.open("/no/such/file", Linux.O_RDONLY, 0);
        Callable<Integer> unknown = () -> libc.socket(9999, Linux.SOCK_RAW, 0);
        try (ExecutorService threads = Executors.newFixedThreadPool(4)) {
            for (int round = 0; round < 500; round++) {
                List<Future<Integer>> answers = threads.invokeAll(List.of(missing, unknown, missing, unknown));
                assertThat(answers.get(0).get()).isEqualTo(-Errno.ENOENT);
                assertThat(answers.get(1).get()).isEqualTo(-Errno.EAFNOSUPPORT);
                assertThat(answers.get(2).get()).isEqualTo(-Errno.ENOENT);
                assertThat(answers.get(3).get()).isEqualTo(-Errno.EAFNOSUPPORT);
            }
        }
    }

    @Test
    void pollSeesWhatIsReady() {
        int fd = libc.eventfd(0, Linux.EFD_CLOEXEC);
        try {
            ByteBuffer waiting = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
            waiting.putInt(0, fd).putShort(4, Linux.POLLIN);
            assertThat(libc.poll(waiting, 0)).isZero();
            ByteBuffer one =
                    ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder()).putLong(0, 1);
            assertThat(libc.write(fd, one)).isEqualTo(8);
            assertThat(libc.poll(waiting, 0)).isEqualTo(1);
            assertThat(waiting.getShort(6)).isEqualTo(Linux.POLLIN);
        } finally {
            libc.close(fd);
        }
    }

    @Test
    void boundNetlinkSocketHasAnAddressOfItsFamily() {
        int fd = libc.socket(Linux.AF_NETLINK, Linux.SOCK_RAW | Linux.SOCK_CLOEXEC, 0);
        try {
            ByteBuffer address = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
            address.putShort(0, (short) Linux.AF_NETLINK);
            assertThat(libc.bind(fd, address)).isZero();
            address.putShort(0, (short) 0);
            assertThat(libc.getsockname(fd, address)).isEqualTo(12);
            assertThat(address.getShort(0)).isEqualTo((short) Linux.AF_NETLINK);
            assertThat(address.getInt(4)).as("the port that the kernel gave").isNotZero();
        } finally {
            libc.close(fd);
        }
    }

    @Test
    void bufferOnTheHeapIsRefused() {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> libc.send(0, ByteBuffer.allocate(4), 0));
    }
}
