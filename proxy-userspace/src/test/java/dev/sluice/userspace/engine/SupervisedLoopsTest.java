// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.channel.EventLoop;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failures of the virtual machine that Netty would catch, each in a process of its own. */
@Tag("slow")
class SupervisedLoopsTest {

    /** What runs on an event loop. */
    enum Place {
        TASK {
            @Override
            void begin(EventLoop loop) {
                loop.execute(SupervisedLoopsTest::fail);
            }
        },
        QUESTION {
            @Override
            void begin(EventLoop loop) {
                var _ = loop.submit(() -> {
                    fail();
                    return 1;
                });
            }
        },
        TIMER {
            @Override
            void begin(EventLoop loop) {
                var _ = loop.schedule(SupervisedLoopsTest::fail, 1, TimeUnit.MILLISECONDS);
            }
        },
        PERIODIC {
            @Override
            void begin(EventLoop loop) {
                var _ = loop.scheduleWithFixedDelay(SupervisedLoopsTest::fail, 1, 1, TimeUnit.MILLISECONDS);
            }
        },
        LISTENER {
            @Override
            void begin(EventLoop loop) {
                SupervisedLoops.after(loop.submit(() -> 1), () -> {}, done -> fail());
            }
        },
        HANDLER {
            @Override
            void begin(EventLoop loop) {
                UserspaceEngine engine = new UserspaceEngine(
                        EngineOptions.of(UserspaceOptions.DEFAULT).withEventLoops(1),
                        (sockets, accepted, family) -> {
                            fail();
                            throw new IllegalStateException();
                        },
                        DatagramDestinations.FromConntrack::open);
                int port = engine.listen(new RoutingTable(IpFamily.IPV4));
                try (Socket client = new Socket(InetAddress.getLoopbackAddress(), port)) {
                    client.getInputStream().read();
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            }
        };

        abstract void begin(EventLoop loop);
    }

    public static void main(String[] args) throws InterruptedException {
        Place.valueOf(args[0]).begin(loops().next());
        new CountDownLatch(1).await();
    }

    private static void fail() {
        throw new OutOfMemoryError("for the test");
    }

    private static SupervisedLoops loops() {
        return new SupervisedLoops(1, () -> false, new HalfOpenEpoll());
    }

    @ParameterizedTest
    @EnumSource
    void noMemoryEndsTheProcess(Place place) throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "--enable-native-access=ALL-UNNAMED",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SupervisedLoopsTest.class.getName(),
                        place.name())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(1);
        assertThat(output).contains("sluice-proxy-", "cannot go on (java.lang.OutOfMemoryError: for the test)");
    }

    @Test
    void whatIsPeriodicGoesOnAfterADefect() throws InterruptedException {
        SupervisedLoops loops = loops();
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch again = new CountDownLatch(3);
        var _ = loops.next()
                .scheduleWithFixedDelay(
                        () -> {
                            again.countDown();
                            if (runs.incrementAndGet() < 3) {
                                throw new IllegalStateException("for the test");
                            }
                        },
                        1,
                        1,
                        TimeUnit.MILLISECONDS);

        assertThat(again.await(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void aListenerThatFailsIsUndone() throws InterruptedException {
        CountDownLatch undone = new CountDownLatch(1);
        SupervisedLoops.after(loops().next().submit(() -> 1), undone::countDown, done -> {
            throw new StackOverflowError("for the test");
        });

        assertThat(undone.await(30, TimeUnit.SECONDS)).isTrue();
    }
}
