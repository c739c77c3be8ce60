// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static dev.sluice.core.fixture.SliceBuilder.slice;
import static dev.sluice.core.sync.DriverFixture.web;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.fixture.ManualClock;
import dev.sluice.core.fixture.RecordingBackend;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.sync.SyncObserver.Failure;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the sync loop does when a backend, an observer or the state fails. */
class SyncFailureTest {
    private final DriverFixture fixture = new DriverFixture();
    private final ManualClock clock = fixture.clock;
    private final RecordingBackend v4 = fixture.v4;
    private final RecordingBackend v6 = fixture.v6;
    private final RecordingObserver ears = fixture.ears;
    private final SyncDriver driver = fixture.driver;

    @Test
    void failureIsRetriedInFullAndDoesNotStopTheOtherFamily() {
        fixture.settled();
        v4.during(() -> {
            throw new SyncException("iptables-restore: line 7 failed");
        });
        driver.accept(new ClusterEvent.ServiceUpdated(service("shop/web")
                .families("IPv4", "10.96.0.1", "IPv6", "fd00::1")
                .port("http", 80)
                .build()));
        long wait = driver.runDue();
        assertThat(wait).isEqualTo(Duration.ofSeconds(30).toNanos());
        assertThat(ears.heard).contains("failed IPv4", "succeeded IPv6");
        assertThat(ears.failures.getFirst().full()).isFalse();
        assertThat(ears.failures.getFirst().cause()).hasMessage("iptables-restore: line 7 failed");
        v4.during(() -> {});
        clock.advance(Duration.ofSeconds(30));
        driver.runDue();
        assertThat(v4.syncs()).last().isEqualTo(Changes.all());
        assertThat(v4.syncs()).hasSize(3);
        assertThat(v6.syncs()).hasSize(2);
    }

    @Test
    void exceptionsAndErrorsOfABackendAreFailures() {
        fixture.settled();
        for (Throwable thrown :
                List.of(new IllegalStateException("bug"), new AssertionError("bug"), new StackOverflowError("bug"))) {
            v4.during(() -> throwUnchecked(thrown));
            driver.requestFull("for the test");
            driver.runDue();
            clock.advance(Duration.ofSeconds(2));
        }
        assertThat(ears.failures).extracting(f -> f.cause().getMessage()).containsExactly("bug", "bug", "bug");
        assertThat(ears.failures).allMatch(Failure::full);
    }

    @Test
    void failureOfTheVirtualMachineIsNotSwallowed() {
        fixture.settled();
        v4.during(() -> throwUnchecked(new OutOfMemoryError("made by the test")));
        driver.requestFull("for the test");
        assertThatThrownBy(driver::runDue).isInstanceOf(OutOfMemoryError.class);
    }

    @Test
    void observerThatThrowsHarmsNeitherTheSyncNorTheOthers() {
        SyncObserver broken = new SyncObserver() {
            @Override
            public void begun(IpFamily family, boolean full) {
                throw new IllegalStateException("bug in the metrics");
            }

            @Override
            public void queued(IpFamily family) {
                throw new AssertionError("bug in the health");
            }
        };
        SyncDriver driven = fixture.driver(fixture.tracker(), broken, ears);
        DriverFixture.listed(driven);
        driven.runDue();
        assertThat(v4.syncs()).hasSize(1);
        assertThat(v6.syncs()).hasSize(1);
        assertThat(ears.heard).contains("queued IPv4", "begun IPv4 full", "begun IPv6 full");
    }

    @Test
    void stateThatThrowsIsADefectAndAFullSyncFollows() {
        FailingState state = new FailingState(fixture.tracker());
        SyncDriver driven = fixture.driver(state, ears);
        DriverFixture.listed(driven);
        driven.runDue();
        clock.advance(Duration.ofSeconds(1));
        state.failure = new IllegalStateException("bug in the tracker");
        driven.accept(new ClusterEvent.ServiceUpdated(web(80)));
        assertThat(ears.defects).hasSize(1);
        driven.runDue();
        assertThat(ears.failures).hasSize(2);
        state.failure = null;
        clock.advance(Duration.ofSeconds(30));
        driven.runDue();
        assertThat(v4.syncs()).containsExactly(Changes.all(), Changes.all());
    }

    @Test
    void latenciesOfAFailedSyncAreLost() {
        fixture.settled();
        v4.during(() -> {
            throw new SyncException("no");
        });
        driver.accept(new ClusterEvent.EndpointSliceUpdated(slice("shop/web-1", "web")
                .tcp("http", 8080)
                .ready("10.0.0.2")
                .triggered("2026-01-01T00:00:00.500Z")
                .build()));
        driver.accept(new ClusterEvent.ServiceUpdated(web(80)));
        driver.runDue();
        v4.during(() -> {});
        clock.advance(Duration.ofSeconds(30));
        driver.runDue();
        assertThat(ears.successes).hasSize(1);
        assertThat(ears.successes.getFirst().latencies()).isEmpty();
    }

    private static void throwUnchecked(Throwable thrown) {
        switch (thrown) {
            case RuntimeException e -> throw e;
            case Error e -> throw e;
            default -> throw new IllegalArgumentException(thrown);
        }
    }
}
