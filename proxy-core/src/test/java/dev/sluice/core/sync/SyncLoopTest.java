// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.config.SyncPeriods;
import dev.sluice.core.fixture.RecordingBackend;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.track.ChangeTracker;
import java.time.Duration;
import java.time.InstantSource;
import java.util.AbstractList;
import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class SyncLoopTest {
    private static final SyncPeriods AT_ONCE =
            new SyncPeriods(Duration.ZERO, Duration.ofMillis(10), Duration.ofHours(1));

    private final RecordingBackend v4 = new RecordingBackend(IpFamily.IPV4);
    private final RecordingBackend v6 = new RecordingBackend(IpFamily.IPV6);
    private final AtomicReference<Throwable> death = new AtomicReference<>();
    private SyncLoop loop = loop();

    private SyncLoop loop() {
        return new SyncLoop(
                new ChangeTracker("node-a", EnumSet.allOf(IpFamily.class), InstantSource.system()),
                List.of(v6, v4),
                AT_ONCE,
                List.of(new SyncObserver() {
                    @Override
                    public void died(Throwable cause) {
                        death.set(cause);
                    }
                }));
    }

    @BeforeEach
    void start() {
        loop = loop();
        loop.start();
    }

    @AfterEach
    void close() {
        loop.close();
    }

    /** Patient, for the sake of busy machines. */
    private static ConditionFactory await() {
        return Awaitility.await().atMost(Duration.ofSeconds(50));
    }

    private void syncAll() {
        for (ResourceKind kind : ResourceKind.values()) {
            loop.accept(new ClusterEvent.Listed(kind));
        }
    }

    @Test
    void firstSyncIsFullAndOnTheNamedThread() {
        AtomicReference<String> thread = new AtomicReference<>("");
        v4.during(() -> thread.set(Thread.currentThread().getName()));
        syncAll();
        await().untilAsserted(() -> assertThat(v6.syncs()).containsExactly(Changes.all()));
        assertThat(v4.syncs()).containsExactly(Changes.all());
        assertThat(thread).hasValue("sluice-sync");
    }

    @Test
    void changeIsSyncedByName() {
        syncAll();
        await().until(() -> v6.syncs().size() == 1);
        loop.accept(new ClusterEvent.ServiceUpdated(
                service("shop/web").port("http", 80).build()));
        await().until(() -> v4.syncs().size() == 2);
        assertThat(v4.syncs().get(1).ports()).extracting(Object::toString).containsExactly("shop/web:http");
    }

    @Test
    void noSyncRunsBetweenEventsThatBelongTogether() {
        syncAll();
        await().until(() -> v6.syncs().size() == 1);
        loop.acceptAll(new AbstractList<>() {
            @Override
            public ClusterEvent get(int index) {
                long end = System.nanoTime() + Duration.ofMillis(200).toNanos();
                while (index > 0 && v4.syncs().size() == 1 && System.nanoTime() < end) {
                    Thread.onSpinWait(); // time enough for a sync after the first event alone
                }
                return new ClusterEvent.ServiceUpdated(service("shop/web-" + index)
                        .port("http", 80)
                        .clusterIp("10.96.0." + (index + 1))
                        .build());
            }

            @Override
            public int size() {
                return 2;
            }
        });
        await().until(() -> v4.syncs().size() > 1);
        assertThat(v4.syncs().get(1).ports()).hasSize(2);
    }

    @Test
    void submitRunsOnTheSyncThreadAndHandsTheAnswerBack() throws Exception {
        assertThat(loop.submit(() -> Thread.currentThread().getName()).get(30, TimeUnit.SECONDS))
                .isEqualTo("sluice-sync");
        assertThatThrownBy(() -> loop.submit(() -> {
                            throw new IllegalArgumentException("no such packet");
                        })
                        .get(30, TimeUnit.SECONDS))
                .isInstanceOf(ExecutionException.class)
                .hasRootCauseMessage("no such packet");
        assertThat(loop.submit(() -> 1).get(30, TimeUnit.SECONDS)).isEqualTo(1);
    }

    @Test
    void aHeldLoopDoesNothingUntilItIsToldToGoOn() throws Exception {
        syncAll();
        await().until(() -> v6.syncs().size() == 1);
        CompletableFuture<Boolean> verdict = new CompletableFuture<>();
        loop.hold(verdict).get(30, TimeUnit.SECONDS);
        CompletableFuture<Integer> asked = loop.submit(() -> 1);
        assertThatThrownBy(() -> asked.get(50, TimeUnit.MILLISECONDS)).isInstanceOf(TimeoutException.class);
        verdict.complete(false);
        assertThat(asked.get(30, TimeUnit.SECONDS)).isOne();
    }

    @Test
    void aHeldLoopThatIsToldToEndDoesNothingMore() throws Exception {
        syncAll();
        await().until(() -> v6.syncs().size() == 1);
        CompletableFuture<Boolean> verdict = new CompletableFuture<>();
        loop.hold(verdict).get(30, TimeUnit.SECONDS);
        loop.accept(new ClusterEvent.ServiceUpdated(
                service("shop/web").port("http", 80).build()));
        CompletableFuture<Integer> asked = loop.submit(() -> 1);
        verdict.complete(true);
        assertThatThrownBy(() -> asked.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(RejectedExecutionException.class);
        assertThat(v6.syncs()).hasSize(1);
    }

    @Test
    void submitAfterTheEndIsRefused() {
        loop.close();
        assertThatThrownBy(() -> loop.submit(() -> 1).get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void closeLetsTheRunningSyncFinish() throws Exception {
        CountDownLatch running = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        AtomicBoolean finished = new AtomicBoolean();
        v4.during(() -> {
            running.countDown();
            waitFor(go);
            finished.set(true);
        });
        syncAll();
        assertThat(running.await(30, TimeUnit.SECONDS)).isTrue();
        Thread closer = Thread.ofPlatform().start(loop::close);
        await().until(() -> closer.getState() == Thread.State.TIMED_WAITING);
        assertThat(finished).isFalse();
        go.countDown();
        closer.join();
        assertThat(finished).isTrue();
    }

    @Test
    void failureOfTheVirtualMachineEndsTheLoopLoudly() {
        v4.during(() -> {
            throw new OutOfMemoryError("made by the test");
        });
        syncAll();
        await().untilAsserted(() -> assertThat(death.get()).isInstanceOf(OutOfMemoryError.class));
        assertThatThrownBy(() -> loop.submit(() -> 1).get(30, TimeUnit.SECONDS))
                .hasCauseInstanceOf(RejectedExecutionException.class);
    }

    @Test
    void interruptDoesNotEndTheLoop() throws Exception {
        loop.submit(() -> {
                    Thread.currentThread().interrupt();
                    return 0;
                })
                .get(30, TimeUnit.SECONDS);
        syncAll();
        await().until(() -> v6.syncs().size() == 1);
    }

    @Test
    void closeBeforeStartReturns() {
        loop().close();
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
