// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is chosen while upstreams are ejected. */
class EjectionTest extends ChooserFixture {
    @ParameterizedTest
    @EnumSource(Scheduler.class)
    void anEjectedUpstreamGetsNothingUntilATrySucceeds(Scheduler scheduler) {
        UpstreamPool pool = pool(scheduler, 1, 1, 1);
        Upstream bad = choose(scheduler, pool);
        eject(bad, 0);
        for (int i = 0; i < 50; i++) {
            assertThat(choose(scheduler, pool)).isNotSameAs(bad);
        }
        long later = TimeUnit.SECONDS.toNanos(1);
        List<Upstream> chosen = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            chosen.add(choose(scheduler, pool, CLIENT, VIP, later));
        }
        assertThat(chosen).filteredOn(t -> t == bad).as("one tries it").hasSize(1);
        chooser.succeeded(bad);
        assertThat(bad.isEjected()).isFalse();
        chosen.clear();
        for (int i = 0; i < 200; i++) {
            chosen.add(choose(scheduler, pool, CLIENT, VIP, later));
        }
        assertThat(chosen).filteredOn(t -> t == bad).hasSizeGreaterThan(10);
    }

    @Test
    void theTurnsOfAnEjectedOneAreSharedByAllOthers() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1, 1, 1);
        eject(pool.upstream(0), 0);
        assertThat(counts(numbers(Scheduler.RR, pool, 300, false))).isEqualTo(Map.of(2, 100, 3, 100, 4, 100));
    }

    @Test
    void aRetryTakesNoTurn() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1);
        List<Integer> first = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Upstream upstream = choose(Scheduler.RR, pool);
            first.add(number(upstream));
            ExcludedUpstreams excluded = new ExcludedUpstreams();
            excluded.add(upstream);
            assertThat(chooser.choose(Scheduler.RR, pool, CLIENT, VIP, excluded, 0))
                    .isNotNull()
                    .isNotSameAs(upstream);
        }
        assertThat(first).containsExactly(1, 2, 1, 2, 1, 2);
    }

    @ParameterizedTest
    @EnumSource(Scheduler.class)
    void ejectionsDoNotCountWhenMostAreEjected(Scheduler scheduler) {
        UpstreamPool pool = pool(scheduler, 1, 1, 1);
        eject(pool.upstream(0), 0);
        assertThat(chooser.skips(pool, 0).ejected()).isTrue();
        eject(pool.upstream(1), 0);
        assertThat(chooser.skips(pool, 0).ejected()).isFalse();
        Upstream usual = choose(scheduler, pool);
        ExcludedUpstreams excluded = new ExcludedUpstreams();
        excluded.add(usual);
        Upstream second = Objects.requireNonNull(chooser.choose(scheduler, pool, CLIENT, VIP, excluded, 0));
        excluded.add(second);
        Upstream third = Objects.requireNonNull(chooser.choose(scheduler, pool, CLIENT, VIP, excluded, 0));
        assertThat(List.of(usual, second, third)).doesNotHaveDuplicates();
    }

    /** Several loops choose at the moment when all ejected upstreams may be tried. */
    @ParameterizedTest
    @EnumSource(Scheduler.class)
    void loopsThatRaceForATryAllGetAnUpstream(Scheduler scheduler) throws Exception {
        int loops = 4;
        UpstreamPool pool = pool(scheduler, 1, 1);
        AtomicInteger none = new AtomicInteger();
        CyclicBarrier round = new CyclicBarrier(loops, () -> {
            for (int i = 0; i < pool.size(); i++) {
                chooser.succeeded(pool.upstream(i));
                eject(pool.upstream(i), 0);
            }
        });
        List<Future<?>> ends = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(loops)) {
            for (int i = 0; i < loops; i++) {
                ends.add(threads.submit(() -> {
                    for (int r = 0; r < 2000; r++) {
                        round.await(20, TimeUnit.SECONDS);
                        long later = TimeUnit.SECONDS.toNanos(1);
                        if (chooser.choose(scheduler, pool, CLIENT, VIP, null, later) == null) {
                            none.incrementAndGet();
                        }
                    }
                    return null;
                }));
            }
            for (Future<?> end : ends) {
                end.get();
            }
        }
        assertThat(none.get()).isZero();
    }

    @Test
    void aFailedTryDoublesTheTime() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1, 1);
        Upstream bad = pool.upstream(0);
        eject(bad, 0);
        assertThat(bad.ejectedFor(0)).hasSeconds(1);
        assertThat(chooser.failed(bad, 5)).as("a connect that began before").isFalse();
        long now = 0;
        for (int seconds : new int[] {2, 4, 8, 16, 32, 60, 60}) {
            now += bad.ejectedFor(now).toNanos();
            assertThat(bad.claim(now)).isTrue();
            assertThat(bad.claim(now)).isFalse();
            assertThat(chooser.failed(bad, now)).isTrue();
            assertThat(bad.ejectedFor(now)).hasSeconds(seconds);
        }
        chooser.succeeded(bad);
        assertThat(bad.admits(now)).isTrue();
        assertThat(chooser.skips(pool, now).ejected()).isFalse();
    }

    @Test
    void twoFailuresInARowAreForgiven() {
        Upstream upstream = upstream(1);
        for (int i = 0; i < 5; i++) {
            assertThat(chooser.failed(upstream, 0)).isFalse();
            assertThat(chooser.failed(upstream, 0)).isFalse();
            chooser.succeeded(upstream);
        }
    }

    @Test
    void aRemovedUpstreamCannotBeEjected() {
        UpstreamPool pool = pool(Scheduler.RR, 1, 1);
        eject(pool.upstream(0), 0);
        chooser.removed(pool.upstream(0));
        eject(pool.upstream(0), 0);
        assertThat(pool.upstream(0).isEjected()).isFalse();
        assertThat(chooser.skips(pool, 0).ejected()).isFalse();
    }
}
