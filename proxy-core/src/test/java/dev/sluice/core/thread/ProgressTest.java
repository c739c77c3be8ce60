// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What the threads of the process mark, as one who looks from outside sees it. */
@Timeout(120)
class ProgressTest {
    private static final Duration LIMIT = Duration.ofMinutes(1);

    private final Semaphore step = new Semaphore(0);

    private Optional<ThreadActivity> activity(String thread) {
        return SupervisedThread.activities().stream()
                .filter(activity -> activity.thread().getName().equals(thread))
                .findFirst();
    }

    private String work(String thread) {
        Progress progress = activity(thread).orElseThrow().progress();
        return progress == null ? "" : progress.work() + (progress.isVital() ? ", vital" : "");
    }

    private void awaitWork(String thread, String expected) {
        await().atMost(Duration.ofSeconds(60)).until(() -> work(thread), expected::equals);
    }

    @Test
    void piecesOfWorkNestAndTheInnerOneCounts() throws Exception {
        CountDownLatch end = new CountDownLatch(1);
        Thread thread = SupervisedThread.vital("marked", () -> {
            try (Progress _ = Progress.begin(Progress.Need.VITAL, "outer", LIMIT)) {
                step.acquireUninterruptibly();
                try (Progress _ = Progress.part("inner", LIMIT)) {
                    step.acquireUninterruptibly();
                }
                step.acquireUninterruptibly();
            }
            step.acquireUninterruptibly();
            end.countDown();
        });
        thread.start();
        awaitWork("marked", "outer, vital");
        Progress outer = Objects.requireNonNull(activity("marked").orElseThrow().progress());
        long begun = outer.since();
        step.release();
        awaitWork("marked", "inner, vital");
        step.release();
        awaitWork("marked", "outer, vital");
        assertThat(outer.since()).as("the end of a part is progress").isGreaterThan(begun);
        step.release();
        awaitWork("marked", "");
        step.release();
        assertThat(end.await(60, TimeUnit.SECONDS)).isTrue();
        thread.join();
        assertThat(activity("marked")).isEmpty();
    }

    @Test
    void workThatFailsIsSeenUntilItHasGoneWellForAWhile() throws Exception {
        Thread thread = SupervisedThread.restarting(
                "fails-twice",
                () -> {
                    step.acquire();
                    throw new IllegalStateException("for the test");
                },
                Duration.ofMillis(1));
        thread.start();
        assertThat(activity("fails-twice").orElseThrow().failure()).isNull();
        step.release(2);
        await().atMost(Duration.ofSeconds(60)).until(() -> {
            RepeatedFailure failure = activity("fails-twice").orElseThrow().failure();
            return failure != null && failure.count() == 2 && failure.cause().contains("for the test");
        });
        RepeatedFailure failure =
                Objects.requireNonNull(activity("fails-twice").orElseThrow().failure());
        assertThat(failure.isOver(System.nanoTime())).isFalse();
        assertThat(failure.isOver(System.nanoTime() + Duration.ofMinutes(3).toNanos()))
                .isTrue();
        thread.interrupt();
        thread.join();
    }

    @Test
    void tasksOfATimerAreMarked() throws Exception {
        try (SupervisedTimer timer = new SupervisedTimer("marked-timer")) {
            var _ = timer.submit(() -> step.acquireUninterruptibly());
            await().atMost(Duration.ofSeconds(60))
                    .until(() -> activity("marked-timer").isPresent()
                            && !work("marked-timer").isEmpty());
            step.release();
            awaitWork("marked-timer", "");
        }
    }

    @Test
    void onOtherThreadsNothingIsMarked() {
        try (Progress progress = Progress.begin(Progress.Need.VITAL, "of a test", LIMIT)) {
            Progress.made();
            assertThat(progress.work()).isEqualTo("of a test");
        }
        assertThat(SupervisedThread.activities()).noneMatch(a -> a.thread() == Thread.currentThread());
    }
}
