// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Failures that end a process, each in a process of its own that would otherwise wait for ever. */
@Tag("slow")
class ProcessEndTest {

    /** A thread and what it throws. */
    enum Ending {
        VITAL {
            @Override
            void begin() {
                SupervisedThread.vital("the-thread", ProcessEndTest::defect).start();
            }
        },
        RESTARTING {
            @Override
            void begin() {
                SupervisedThread.restarting("the-thread", ProcessEndTest::noMemory)
                        .start();
            }
        },
        TASK {
            @Override
            void begin() {
                SupervisedThread.task("the-thread", ProcessEndTest::noMemory).start();
            }
        },
        WRAPPED {
            @Override
            void begin() {
                SupervisedThread.task("the-thread", () -> {
                            throw new CompletionException(new InternalError("for the test"));
                        })
                        .start();
            }
        },
        TIMER {
            @Override
            void begin() {
                var _ = new SupervisedTimer("the-thread").schedule(ProcessEndTest::noMemory, 0, TimeUnit.NANOSECONDS);
            }
        },
        POOL {
            @Override
            void begin() {
                SupervisedThread.pool("the-thread").execute(ProcessEndTest::noMemory);
            }
        },
        CALLBACK {
            @Override
            void begin() {
                CompletableFuture<String> answer = new CompletableFuture<>();
                SupervisedCallback.when(answer, (value, failure) -> noMemory());
                SupervisedThread.task("the-thread", () -> answer.complete("")).start();
            }
        },
        ANSWER {
            @Override
            void begin() {
                CompletableFuture<String> answer = new CompletableFuture<>();
                SupervisedCallback.when(answer, (value, failure) -> {});
                SupervisedThread.task("the-thread", () -> answer.completeExceptionally(new InternalError("test")))
                        .start();
            }
        },
        LIBRARY {
            @Override
            void begin() {
                SupervisedThread.superviseOthers();
                new Thread(ProcessEndTest::noMemory, "the-thread").start();
            }
        };

        abstract void begin();
    }

    public static void main(String[] args) throws InterruptedException {
        Ending.valueOf(args[0]).begin();
        new CountDownLatch(1).await();
    }

    private static void defect() {
        throw new IllegalStateException("for the test");
    }

    private static void noMemory() {
        long[][] all = new long[Integer.MAX_VALUE - 8][];
        for (int i = 0; i < all.length; i++) {
            all[i] = new long[1 << 24];
        }
    }

    @ParameterizedTest
    @EnumSource(Ending.class)
    void endsTheProcessWithOneLine(Ending ending) throws IOException, InterruptedException {
        Process process = process(ending.name());
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue()).as(output).isEqualTo(1);
        assertThat(output.lines().filter(line -> line.contains("the-thread") && !line.contains(" DEBUG ")))
                .singleElement()
                .asString()
                .contains("cannot go on (java.lang.", "exiting, to be started again");
    }

    @Test
    void aStackOverflowDoesNotEndIt() {
        ProcessEnd.ifFatal("the-thread", new CompletionException(new StackOverflowError()));
    }

    private static Process process(String argument) throws IOException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx32m",
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ProcessEndTest.class.getName(),
                        argument)
                .redirectErrorStream(true)
                .start();
    }
}
