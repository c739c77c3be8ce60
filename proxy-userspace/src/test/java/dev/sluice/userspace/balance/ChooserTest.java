// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ChooserTest extends ChooserFixture {
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
}
