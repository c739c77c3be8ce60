// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class RepairPaceTest {
    private static final long MILLI = 1_000_000;
    private static final long SECOND = 1000 * MILLI;

    private final RepairPace pace = new RepairPace();
    private long now = Long.MAX_VALUE - 5 * SECOND; // a ticker may pass its largest value

    /** The pause in milliseconds before the repair of what is noticed now, and the repair, which takes 50 ms. */
    private long repair() {
        long delay = pace.delay(now);
        now += delay + 50 * MILLI;
        pace.looked(now, 50 * MILLI, true);
        return delay / MILLI;
    }

    @Test
    void changesNowAndThenAreRepairedAtOnce() {
        for (int i = 0; i < 100; i++) {
            assertThat(repair()).isEqualTo(30);
            now += SECOND;
        }
        assertThat(pace.pause()).isZero();
    }

    @Test
    void aFewChangesInARowAreToo() {
        assertThat(repair()).isEqualTo(30);
        assertThat(repair()).isEqualTo(30);
        assertThat(repair()).isEqualTo(30);
    }

    @Test
    void whoeverChangesItBackAgainAndAgainIsNotFought() {
        for (int i = 0; i < 3; i++) {
            repair();
        }
        assertThat(pace.pause()).isEqualTo(SECOND);
        long[] pauses = new long[8];
        for (int i = 0; i < pauses.length; i++) {
            now += 10 * MILLI; // the other one is quick
            pauses[i] = repair() + 10;
        }
        assertThat(pauses).containsExactly(1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000);
        now += 2 * SECOND; // it has given up
        assertThat(repair()).isEqualTo(30);
    }

    @Test
    void looksThatFindNothingTakeHalfOfTheTimeAtMost() {
        pace.looked(now, Duration.ofSeconds(2).toNanos(), false);
        assertThat(pace.delay(now)).isEqualTo(2 * SECOND);
        assertThat(pace.delay(now + SECOND)).isEqualTo(SECOND);
        assertThat(pace.delay(now + 5 * SECOND)).isEqualTo(30 * MILLI);
        pace.looked(now, MILLI, false);
        assertThat(pace.delay(now)).isEqualTo(30 * MILLI);
        assertThat(pace.pause()).isZero();
    }
}
