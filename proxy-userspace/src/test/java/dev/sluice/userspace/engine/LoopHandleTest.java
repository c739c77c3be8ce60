// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.IoEvent;
import io.netty.channel.IoEventLoop;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;
import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Descriptors of our own on a real event loop. */
@Timeout(60)
class LoopHandleTest {

    /** Throws at each event. */
    private record Defective(FileDescriptor fd, CountDownLatch events, CountDownLatch failures) implements LoopHandle {
        @Override
        public void handle(IoRegistration from, IoEvent event) {
            events.countDown();
            throw new IllegalStateException("for the test");
        }

        @Override
        public void failed() {
            failures.countDown();
        }

        @Override
        public void close() {}
    }

    @Test
    void aDescriptorThatThrowsIsToldAndItsLoopGoesOnAtOnce() throws Exception {
        SupervisedLoops loops = new SupervisedLoops(1, () -> true, new HalfOpenEpoll());
        FileDescriptor[] pipe = FileDescriptor.pipe();
        Defective handle = new Defective(pipe[0], new CountDownLatch(20), new CountDownLatch(20));
        IoEventLoop loop = loops.next();
        try {
            loop.submit(() -> loop.register(handle).getNow().submit(EpollIoOps.EPOLLIN))
                    .sync();
            long begin = System.nanoTime();
            assertThat(pipe[1].write(ByteBuffer.allocateDirect(1), 0, 1)).isOne();

            assertThat(handle.events().await(40, TimeUnit.SECONDS)).isTrue();
            assertThat(handle.failures().await(10, TimeUnit.SECONDS)).isTrue();
            assertThat(TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin))
                    .as("with a second of sleep after each it would be over 18")
                    .isLessThan(15);
        } finally {
            loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).sync();
            pipe[0].close();
            pipe[1].close();
        }
    }
}
