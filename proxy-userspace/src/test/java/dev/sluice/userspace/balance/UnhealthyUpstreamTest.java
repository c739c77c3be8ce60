// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is chosen while the checks of upstreams fail. */
class UnhealthyUpstreamTest extends ChooserFixture {
    private static final Instant NOON = Instant.parse("2026-01-01T12:00:00Z");

    private void fail(Upstream upstream) {
        assertThat(chooser.checkFailed(upstream, 1, "silent", NOON)).isTrue();
    }

    @ParameterizedTest
    @EnumSource(Scheduler.class)
    void anUnhealthyUpstreamGetsNothingUntilItsChecksPass(Scheduler scheduler) {
        UpstreamPool pool = pool(scheduler, 1, 1, 1);
        Upstream bad = choose(scheduler, pool);
        fail(bad);
        assertThat(numbers(scheduler, pool, 60, false)).doesNotContain(number(bad));
        assertThat(chooser.checkPassed(bad, 1)).isTrue();
        assertThat(choose(scheduler, pool)).isNotNull();
        assertThat(chooser.skips(pool, 0)).isEqualTo(Skips.NONE);
        assertThat(numbers(Scheduler.RR, pool, 30, false)).contains(number(bad));
    }

    @Test
    void itTakesAsManyResultsInARowAsTheThresholdSays() {
        Upstream upstream = upstream(1);
        assertThat(chooser.checkFailed(upstream, 3, "one", NOON)).isFalse();
        assertThat(chooser.checkFailed(upstream, 3, "two", NOON)).isFalse();
        assertThat(chooser.checkPassed(upstream, 2)).isFalse();
        assertThat(chooser.checkFailed(upstream, 3, "one", NOON)).isFalse();
        assertThat(chooser.checkFailed(upstream, 3, "two", NOON)).isFalse();
        assertThat(chooser.checkFailed(upstream, 3, "three", NOON)).isTrue();
        assertThat(chooser.checkPassed(upstream, 2)).isFalse();
        assertThat(chooser.checkFailed(upstream, 3, "again", NOON.plusSeconds(9)))
                .isFalse();
        assertThat(upstream.outage()).isEqualTo(new Outage(NOON, "again"));
        assertThat(chooser.checkPassed(upstream, 2)).isFalse();
        assertThat(chooser.checkPassed(upstream, 2)).isTrue();
        assertThat(upstream.outage()).isNull();
    }

    @Test
    void aMinorityThatIsHealthyGetsAll() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1, 1, 1);
        fail(pool.upstream(0));
        fail(pool.upstream(1));
        fail(pool.upstream(2));
        assertThat(counts(numbers(Scheduler.RR, pool, 20, false))).isEqualTo(Map.of(4, 20));
    }

    @Test
    void whenAllAreUnhealthyAllAreUsed() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1);
        fail(pool.upstream(0));
        fail(pool.upstream(1));
        assertThat(counts(numbers(Scheduler.RR, pool, 20, false))).isEqualTo(Map.of(1, 10, 2, 10));
    }

    @Test
    void ejectionsCountAmongTheHealthy() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1, 1, 1);
        fail(pool.upstream(0));
        fail(pool.upstream(1));
        eject(pool.upstream(2), 0);
        assertThat(counts(numbers(Scheduler.RR, pool, 20, false)))
                .as("one of two healthy ones")
                .isEqualTo(Map.of(4, 20));
        eject(pool.upstream(3), 0);
        assertThat(counts(numbers(Scheduler.RR, pool, 20, false)).keySet())
                .as("no healthy one is left, so that ejections do not count")
                .containsExactlyInAnyOrder(3, 4);
    }

    @Test
    void aRetryGoesToAHealthyOneOrNowhere() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1);
        fail(pool.upstream(0));
        ExcludedUpstreams tried = new ExcludedUpstreams();
        tried.add(pool.upstream(1));
        assertThat(chooser.choose(Scheduler.RR, pool, CLIENT, VIP, tried, 0)).isNull();
        tried.clear();
        assertThat(number(Objects.requireNonNull(chooser.choose(Scheduler.RR, pool, CLIENT, VIP, tried, 0))))
                .isEqualTo(2);
    }

    @Test
    void whatIsRemovedOrForgottenDoesNotCount() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1, 1);
        fail(pool.upstream(0));
        fail(pool.upstream(1));
        chooser.removed(pool.upstream(0));
        assertThat(chooser.checkFailed(pool.upstream(0), 1, "late", NOON)).isFalse();
        chooser.forgetChecks(pool.upstream(1));
        assertThat(chooser.skips(pool, 0)).isEqualTo(Skips.NONE);
    }

    @Test
    void affinityLeavesAnUnhealthyUpstream() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1);
        assertThat(chooser.claim(pool, pool.upstream(0), 0)).isTrue();
        fail(pool.upstream(0));
        assertThat(chooser.claim(pool, pool.upstream(0), 0)).isFalse();
        assertThat(chooser.admits(pool, pool.upstream(0), 0)).isFalse();
    }
}
