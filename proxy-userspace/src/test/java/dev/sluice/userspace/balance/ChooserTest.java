// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class ChooserTest {
    private static final IpAddress CLIENT = IpAddress.of("192.0.2.1");
    private static final IpAddress VIP = IpAddress.of("10.96.0.1");

    private final Chooser chooser = new Chooser();

    private static Upstream upstream(int number) {
        return new Upstream(new SocketAddress(IpAddress.of("10.244.1." + number), 80));
    }

    private static UpstreamPool pool(boolean weighted, Integer... weights) {
        return UpstreamPool.of(
                IntStream.rangeClosed(1, weights.length)
                        .mapToObj(ChooserTest::upstream)
                        .toList(),
                Arrays.asList(weights),
                weighted);
    }

    private static UpstreamPool pool(Scheduler scheduler, Integer... weights) {
        return pool(scheduler.weighted(), weights);
    }

    private Upstream choose(Scheduler scheduler, UpstreamPool pool, IpAddress client, IpAddress vip, long now) {
        return Objects.requireNonNull(chooser.choose(scheduler, pool, client, vip, null, now));
    }

    private Upstream choose(Scheduler scheduler, UpstreamPool pool) {
        return choose(scheduler, pool, CLIENT, VIP, 0);
    }

    /** The last bytes of the addresses that get {@code count} connections, which stay open if {@code held}. */
    private List<Integer> numbers(Scheduler scheduler, UpstreamPool pool, int count, boolean held) {
        List<Integer> numbers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Upstream upstream = choose(scheduler, pool);
            if (held) {
                upstream.opened();
            }
            numbers.add(number(upstream));
        }
        return numbers;
    }

    private static int number(Upstream upstream) {
        return (int) (upstream.address().low() & 0xff);
    }

    private static Map<Integer, Integer> counts(List<Integer> numbers) {
        Map<Integer, Integer> counts = new HashMap<>();
        numbers.forEach(n -> counts.merge(n, 1, Integer::sum));
        return counts;
    }

    private void eject(Upstream upstream, long now) {
        for (int i = 0; i < PassiveHealth.MOST_FAILURES; i++) {
            chooser.failed(upstream, now);
        }
    }

    @Test
    void rrTakesTurnsWhateverTheWeights() {
        assertThat(numbers(Scheduler.RR, pool(Scheduler.RR, 1, 5, 1), 6, true)).containsExactly(1, 2, 3, 1, 2, 3);
    }

    @Test
    void wrrSpreadsTurnsEvenlyByWeight() {
        assertThat(numbers(Scheduler.WRR, pool(Scheduler.WRR, 6, 2), 8, false)).containsExactly(1, 1, 2, 1, 1, 1, 2, 1);
        assertThat(counts(numbers(Scheduler.WRR, pool(Scheduler.WRR, 5, 3, 2), 100, false)))
                .isEqualTo(Map.of(1, 50, 2, 30, 3, 20));
    }

    @Test
    void largeWeightsKeepTheirRatio() {
        Map<Integer, Integer> counts = counts(numbers(Scheduler.WRR, pool(Scheduler.WRR, 65_535, 32_767), 6000, false));
        assertThat(counts.get(1)).isBetween(3950, 4050);
    }

    @Test
    void lcFillsUpTheLeastLoaded() {
        UpstreamPool pool = pool(Scheduler.LC, 1, 9, 1);
        IntStream.range(0, 4).forEach(i -> pool.upstream(0).opened());
        assertThat(counts(numbers(Scheduler.LC, pool, 8, true))).isEqualTo(Map.of(2, 4, 3, 4));
        assertThat(counts(numbers(Scheduler.LC, pool, 3, true))).isEqualTo(Map.of(1, 1, 2, 1, 3, 1));
    }

    @Test
    void lcTakesTurnsAmongEquals() {
        assertThat(counts(numbers(Scheduler.LC, pool(Scheduler.LC, 1, 1, 1), 9, false)))
                .isEqualTo(Map.of(1, 3, 2, 3, 3, 3));
    }

    @Test
    void wlcHoldsOpenConnectionsToTheRatioOfTheWeights() {
        assertThat(counts(numbers(Scheduler.WLC, pool(Scheduler.WLC, 1, 2), 12, true)))
                .isEqualTo(Map.of(1, 4, 2, 8));
    }

    @Test
    void sedBeginsWithTheFastest() {
        UpstreamPool pool = pool(Scheduler.SED, 1, 3);
        assertThat(numbers(Scheduler.SED, pool, 2, true)).containsExactly(2, 2);
        numbers(Scheduler.SED, pool, 6, true);
        assertThat(pool.upstream(0).open()).isEqualTo(2);
    }

    @Test
    void nqBeginsWithAnIdleUpstream() {
        UpstreamPool pool = pool(Scheduler.NQ, 1, 3);
        assertThat(numbers(Scheduler.NQ, pool, 2, true)).containsExactlyInAnyOrder(1, 2);
        numbers(Scheduler.NQ, pool, 6, true);
        assertThat(pool.upstream(0).open()).isEqualTo(2);
    }

    @Test
    void shMovesOnlyTheClientsOfARemovedUpstream() {
        UpstreamPool four = pool(Scheduler.SH, 1, 1, 1, 1);
        UpstreamPool three =
                UpstreamPool.of(List.of(four.upstream(0), four.upstream(1), four.upstream(2)), List.of(1, 1, 1), true);
        Map<Integer, Integer> shares = new HashMap<>();
        for (int i = 0; i < 4000; i++) {
            IpAddress client = new IpAddress(CLIENT.family(), 0, CLIENT.low() + i);
            Upstream before = choose(Scheduler.SH, four, client, VIP, 0);
            assertThat(choose(Scheduler.SH, four, client, VIP, 0)).isSameAs(before);
            shares.merge(number(before), 1, Integer::sum);
            if (before != four.upstream(3)) {
                assertThat(choose(Scheduler.SH, three, client, VIP, 0)).isSameAs(before);
            }
        }
        assertThat(shares.values()).allMatch(n -> n > 850 && n < 1150);
    }

    @Test
    void shSharesClientsByWeight() {
        UpstreamPool pool = pool(Scheduler.SH, 3, 1);
        int first = 0;
        for (int i = 0; i < 4000; i++) {
            IpAddress client = new IpAddress(CLIENT.family(), 0, CLIENT.low() + i);
            first += choose(Scheduler.SH, pool, client, VIP, 0) == pool.upstream(0) ? 1 : 0;
        }
        assertThat(first).isBetween(2850, 3150);
    }

    @Test
    void dhGoesByTheAddressThatTheClientUsed() {
        UpstreamPool pool = pool(Scheduler.DH, 1, 1, 1);
        Map<Integer, Integer> shares = new HashMap<>();
        for (int i = 0; i < 300; i++) {
            IpAddress vip = new IpAddress(VIP.family(), 0, VIP.low() + i);
            Upstream mine = choose(Scheduler.DH, pool, CLIENT, vip, 0);
            assertThat(choose(Scheduler.DH, pool, VIP, vip, 0)).isSameAs(mine);
            shares.merge(number(mine), 1, Integer::sum);
        }
        assertThat(shares).hasSize(3);
    }

    @Test
    void p2cAvoidsTheBusyOneAndGoesByWeight() {
        UpstreamPool pool = pool(Scheduler.P2C, 1, 1, 1);
        IntStream.range(0, 50).forEach(i -> pool.upstream(0).opened());
        assertThat(numbers(Scheduler.P2C, pool, 1000, false)).doesNotContain(1).contains(2, 3);
        UpstreamPool uneven = pool(Scheduler.P2C, 200, 1);
        IntStream.range(0, 1000).forEach(i -> uneven.upstream(0).opened());
        assertThat(numbers(Scheduler.P2C, uneven, 100, false)).containsOnly(2);
        Map<Integer, Integer> counts = counts(numbers(Scheduler.P2C, pool(Scheduler.P2C, 3, 1), 4000, true));
        assertThat(counts.get(1)).isBetween(2900, 3100);
    }

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
        assertThat(chooser.skipsEjected(pool, 0)).isTrue();
        eject(pool.upstream(1), 0);
        assertThat(chooser.skipsEjected(pool, 0)).isFalse();
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
        assertThat(chooser.skipsEjected(pool, now)).isFalse();
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
        assertThat(chooser.skipsEjected(pool, 0)).isFalse();
    }
}
