// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SupervisedThreadTest {
    private static final Duration QUICK = Duration.ofMillis(1);

    @Test
    void workBeginsAgainWhateverIsThrown() throws InterruptedException {
        List<Throwable> failures = List.of(
                new IllegalStateException("for the test"),
                new AssertionError("for the test"),
                new StackOverflowError("for the test"),
                new NoClassDefFoundError("for the test"),
                new Exception("for the test"));
        AtomicInteger runs = new AtomicInteger();
        Thread thread = SupervisedThread.restarting(
                "restarted",
                () -> {
                    int run = runs.getAndIncrement();
                    if (run < failures.size()) {
                        SupervisedThreadTest.<RuntimeException>raise(failures.get(run));
                    }
                },
                QUICK);

        thread.start();
        thread.join();

        assertThat(runs).hasValue(failures.size() + 1);
    }

    @Test
    void thePauseAfterAFailureGrows() throws InterruptedException {
        LinkedBlockingQueue<Long> begins = new LinkedBlockingQueue<>();
        Thread thread = SupervisedThread.restarting(
                "failing",
                () -> {
                    begins.add(System.nanoTime());
                    throw new IllegalStateException("for the test");
                },
                Duration.ofMillis(20));
        thread.start();

        long first = begins.take();
        for (int doubled = 20; doubled <= 80; doubled *= 2) {
            long next = begins.take();
            assertThat(next - first).isGreaterThanOrEqualTo(TimeUnit.MILLISECONDS.toNanos(doubled));
            first = next;
        }
        thread.interrupt();
        thread.join();
    }

    @Test
    void anInterruptEndsWorkThatWaits() throws InterruptedException {
        CountDownLatch never = new CountDownLatch(1);
        Thread thread = SupervisedThread.restarting("waiting", never::await, QUICK);
        thread.start();
        thread.interrupt();

        thread.join();
    }

    @Test
    void aTimerGoesOnAfterATaskThatFails() throws InterruptedException, ExecutionException {
        try (SupervisedTimer timer = new SupervisedTimer("timer")) {
            var _ = timer.schedule(
                    () -> SupervisedThreadTest.<RuntimeException>raise(new StackOverflowError("for the test")),
                    0,
                    TimeUnit.NANOSECONDS);
            assertThat(timer.schedule(() -> 7, 0, TimeUnit.NANOSECONDS).get()).isEqualTo(7);
        }
    }

    @Test
    void aPoolReplacesAThreadWhoseTaskFails() throws Exception {
        try (ExecutorService pool = SupervisedThread.pool("pool-")) {
            pool.execute(() -> SupervisedThreadTest.<RuntimeException>raise(new AssertionError("for the test")));
            assertThat(pool.submit(() -> Thread.currentThread().getName()).get())
                    .startsWith("pool-");
        }
    }

    @SuppressWarnings("unchecked") // to throw what no signature allows
    private static <T extends Throwable> void raise(Throwable failure) throws T {
        throw (T) failure;
    }
}
