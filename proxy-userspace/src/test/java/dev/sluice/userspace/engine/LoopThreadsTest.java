// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoRegistration;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.concurrent.ThreadAwareExecutor;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag("slow")
class LoopThreadsTest {

    /** In a process of its own: an event loop whose I/O fails with an error. */
    public static void main(String[] args) throws InterruptedException {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, new LoopThreads(() -> false), new Failing());
        loops.next().execute(() -> {});
        new CountDownLatch(1).await();
    }

    private static final class Failing implements IoHandlerFactory, IoHandler {
        @Override
        public IoHandler newHandler(ThreadAwareExecutor executor) {
            return this;
        }

        @Override
        public int run(IoHandlerContext context) {
            throw new StackOverflowError("for the test");
        }

        @Override
        public void wakeup() {}

        @Override
        public void destroy() {}

        @Override
        public IoRegistration register(IoHandle handle) {
            throw new UnsupportedOperationException();
        }

        @Override
        public boolean isCompatible(Class<? extends IoHandle> type) {
            return false;
        }
    }

    @Test
    void theEndOfALoopEndsTheProcess() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LoopThreadsTest.class.getName())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(1);
        assertThat(output).contains("sluice-proxy-1-1 cannot go on", "an event loop has ended");
    }

    @Test
    void aClosedGroupEndsNothing() {
        EventLoopGroup loops = new MultiThreadIoEventLoopGroup(1, new LoopThreads(() -> true), new HalfOpenEpoll());
        loops.next().execute(() -> {});

        assertThat(loops.shutdownGracefully(0, 5, TimeUnit.SECONDS).awaitUninterruptibly(30, TimeUnit.SECONDS))
                .isTrue();
    }
}
