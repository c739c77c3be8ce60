// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class SupervisedTimerTest {
    private final SupervisedTimer timer = new SupervisedTimer("timer-test", Duration.ofMillis(5));

    @AfterEach
    void close() {
        timer.shutdownNow();
    }

    @Test
    void aTaskThatFailsIsRunAgainUntilItSucceeds() throws InterruptedException {
        AtomicInteger runs = new AtomicInteger();
        CountDownLatch done = new CountDownLatch(1);
        timer.execute(() -> {
            switch (runs.incrementAndGet()) {
                case 1 -> throw new IllegalStateException("for the test");
                case 2 -> throw new StackOverflowError("for the test");
                default -> done.countDown();
            }
        });

        assertThat(done.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(runs).hasValue(3);
    }

    @Test
    void othersAreNotHeldUp() throws Exception {
        CountDownLatch failed = new CountDownLatch(1);
        var _ = timer.schedule(
                () -> {
                    failed.countDown();
                    throw new IllegalStateException("for the test");
                },
                0,
                TimeUnit.NANOSECONDS);
        assertThat(failed.await(30, TimeUnit.SECONDS)).isTrue();

        Future<Integer> other = timer.submit(() -> 7);
        assertThat(other.get(30, TimeUnit.SECONDS)).isEqualTo(7);
    }

    @Test
    void aCallersQuestionFailsOnce() {
        AtomicInteger runs = new AtomicInteger();
        Callable<Integer> question = () -> {
            runs.incrementAndGet();
            throw new IllegalStateException("for the test");
        };

        assertThatThrownBy(() -> timer.submit(question).get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class);
        assertThat(runs).hasValue(1);
    }

    @Test
    void aTaskThatFailsAfterTheEndIsNotRunAgain() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        CountDownLatch closed = new CountDownLatch(1);
        AtomicInteger runs = new AtomicInteger();
        timer.execute(() -> {
            runs.incrementAndGet();
            begun.countDown();
            try {
                closed.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("for the test");
        });
        assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
        timer.shutdown();
        closed.countDown();

        assertThat(timer.awaitTermination(30, TimeUnit.SECONDS)).isTrue();
        assertThat(runs).hasValue(1);
    }
}
