// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.SyncPeriods;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Times in seconds; min 1, retry 30, max 3600. */
class SyncScheduleTest {
    private static final SyncPeriods PERIODS =
            new SyncPeriods(Duration.ofSeconds(1), Duration.ofSeconds(30), Duration.ofHours(1));

    private final SyncSchedule schedule = new SyncSchedule(PERIODS);
    private long origin;

    private long at(double seconds) {
        return origin + Math.round(seconds * 1e9);
    }

    private double untilDue(double now) {
        return schedule.untilDue(at(now)) / 1e9;
    }

    private boolean run(double begin, double end) {
        boolean full = schedule.begin(at(begin));
        schedule.succeeded(at(end), full);
        return full;
    }

    @Test
    void nothingIsDueBeforeTheFirstRequest() {
        assertThat(schedule.untilDue(at(0))).isEqualTo(Long.MAX_VALUE);
        assertThat(schedule.untilDue(at(10_000))).isEqualTo(Long.MAX_VALUE);
    }

    @Test
    void firstRequestIsServedAtOnceAndFull() {
        schedule.request();
        assertThat(untilDue(0)).isZero();
        assertThat(run(0, 1)).isTrue();
    }

    @Test
    void leastDistanceCountsFromCompletion() {
        schedule.request();
        run(0, 5);
        schedule.request();
        assertThat(untilDue(5)).isEqualTo(1);
        assertThat(untilDue(5.75)).isEqualTo(0.25);
        assertThat(untilDue(6)).isZero();
        assertThat(untilDue(100)).isZero();
    }

    @Test
    void requestsCoalesce() {
        schedule.request();
        run(0, 0);
        for (int i = 0; i < 10; i++) {
            schedule.request();
        }
        assertThat(run(1, 1)).isFalse();
        assertThat(untilDue(2)).isGreaterThan(1000);
    }

    @Test
    void requestDuringASyncIsServedAfterIt() {
        schedule.request();
        boolean full = schedule.begin(at(0));
        schedule.request();
        schedule.succeeded(at(3), full);
        assertThat(untilDue(3)).isEqualTo(1);
    }

    @Test
    void fullRequestDuringASyncIsNotLost() {
        schedule.request();
        run(0, 0);
        schedule.request();
        boolean full = schedule.begin(at(1));
        schedule.requestFull();
        schedule.succeeded(at(2), full);
        assertThat(untilDue(2)).isEqualTo(1);
        assertThat(run(3, 3)).isTrue();
    }

    @Test
    void failureIsRetriedInFullWithinTheRetryPeriod() {
        schedule.request();
        run(0, 0);
        schedule.request();
        schedule.begin(at(1));
        schedule.failed(at(2));
        assertThat(untilDue(2)).isEqualTo(30);
        assertThat(run(32, 32)).isTrue();
        schedule.request();
        assertThat(run(33, 33)).isFalse();
    }

    @Test
    void requestAfterAFailureIsServedEarlierAndInFull() {
        schedule.request();
        schedule.begin(at(0));
        schedule.failed(at(1));
        schedule.request();
        assertThat(untilDue(1)).isEqualTo(1);
        assertThat(run(2, 2)).isTrue();
    }

    @Test
    void retryIsNeverLaterThanTheLongestPeriod() {
        SyncSchedule impatient =
                new SyncSchedule(new SyncPeriods(Duration.ZERO, Duration.ofHours(2), Duration.ofSeconds(10)));
        impatient.request();
        impatient.begin(at(0));
        impatient.failed(at(0));
        assertThat(impatient.untilDue(at(0))).isEqualTo(Duration.ofSeconds(10).toNanos());
    }

    @Test
    void longestPeriodCountsFromTheLastFullSync() {
        schedule.request();
        run(0, 0);
        schedule.request();
        assertThat(run(3000, 3000)).isFalse();
        assertThat(untilDue(3000)).isEqualTo(600);
        assertThat(run(3600, 3601)).isTrue();
        assertThat(untilDue(3601)).isEqualTo(3600);
    }

    @Test
    void requestPastTheLongestPeriodIsFull() {
        schedule.request();
        run(0, 0);
        schedule.request();
        assertThat(run(4000, 4000)).isTrue();
    }

    @Test
    void longestPeriodBelowTheLeastDistanceWaits() {
        SyncSchedule odd =
                new SyncSchedule(new SyncPeriods(Duration.ofSeconds(10), Duration.ofSeconds(1), Duration.ofSeconds(5)));
        odd.request();
        odd.succeeded(at(0), odd.begin(at(0)));
        assertThat(odd.untilDue(at(0))).isEqualTo(Duration.ofSeconds(10).toNanos());
    }

    @ParameterizedTest
    @ValueSource(longs = {Long.MIN_VALUE, -5_000_000_000L, Long.MAX_VALUE - 2_000_000_000L})
    void clockMayBeginAnywhereAndWrap(long begin) {
        origin = begin;
        schedule.request();
        assertThat(run(0, 1)).isTrue();
        schedule.request();
        assertThat(untilDue(1.5)).isEqualTo(0.5);
        assertThat(untilDue(5)).isZero();
    }

    @Test
    void checkIsDueInItsTimeAndNotAFullSync() {
        schedule.request();
        run(0, 0);
        schedule.checkIn(at(0), Optional.of(Duration.ofSeconds(7)));
        assertThat(untilDue(3)).isEqualTo(4);
        assertThat(schedule.checkDue(at(6.9))).isFalse();
        assertThat(untilDue(7)).isZero();
        assertThat(schedule.checkDue(at(7))).isTrue();
        assertThat(run(7, 7)).isFalse();
    }

    @Test
    void checkKeepsTheLeastDistanceAndItsDeadlineWhenARequestComesFirst() {
        schedule.request();
        run(0, 0);
        schedule.checkIn(at(0), Optional.of(Duration.ZERO));
        assertThat(untilDue(0)).isEqualTo(1);
        schedule.checkIn(at(0), Optional.of(Duration.ofSeconds(7)));
        schedule.request();
        run(5, 5);
        assertThat(untilDue(5)).isEqualTo(2);
    }

    @Test
    void failureAndAnEmptyAnswerCallTheCheckOff() {
        schedule.request();
        run(0, 0);
        schedule.checkIn(at(0), Optional.of(Duration.ofSeconds(7)));
        schedule.begin(at(5));
        schedule.failed(at(5));
        assertThat(untilDue(5)).isEqualTo(30);
        schedule.checkIn(at(5), Optional.of(Duration.ofSeconds(7)));
        schedule.checkIn(at(5), Optional.empty());
        assertThat(untilDue(5)).isEqualTo(30);
    }

    @Test
    void endlessWaitForACheckDoesNotOverflow() {
        schedule.request();
        run(0, 0);
        schedule.checkIn(at(0), Optional.of(Duration.ofSeconds(Long.MAX_VALUE)));
        assertThat(schedule.checkDue(at(10))).isFalse();
        assertThat(untilDue(10)).isEqualTo(3590);
    }

    @Test
    void endlessPeriodsDoNotOverflow() {
        SyncSchedule patient = new SyncSchedule(
                new SyncPeriods(Duration.ZERO, Duration.ofSeconds(Long.MAX_VALUE), Duration.ofSeconds(Long.MAX_VALUE)));
        patient.request();
        patient.succeeded(at(0), patient.begin(at(0)));
        assertThat(patient.untilDue(at(1)))
                .isGreaterThan(Duration.ofDays(36_500).toNanos());
    }
}
