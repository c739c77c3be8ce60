// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.IntStream;

/** Upstreams that are numbered, and the choices among them. */
abstract class ChooserFixture {
    static final IpAddress CLIENT = IpAddress.of("192.0.2.1");
    static final IpAddress VIP = IpAddress.of("10.96.0.1");

    final Chooser chooser = new Chooser();

    static Upstream upstream(int number) {
        return new Upstream(new SocketAddress(IpAddress.of("10.244.1." + number), 80));
    }

    static UpstreamPool pool(boolean weighted, Integer... weights) {
        return UpstreamPool.of(
                IntStream.rangeClosed(1, weights.length)
                        .mapToObj(ChooserFixture::upstream)
                        .toList(),
                Arrays.asList(weights),
                weighted);
    }

    static UpstreamPool pool(Scheduler scheduler, Integer... weights) {
        return pool(scheduler.weighted(), weights);
    }

    Upstream choose(Scheduler scheduler, UpstreamPool pool, IpAddress client, IpAddress vip, long now) {
        return Objects.requireNonNull(chooser.choose(scheduler, pool, client, vip, null, now));
    }

    Upstream choose(Scheduler scheduler, UpstreamPool pool) {
        return choose(scheduler, pool, CLIENT, VIP, 0);
    }

    /** The last bytes of the addresses that get {@code count} connections, which stay open if {@code held}. */
    List<Integer> numbers(Scheduler scheduler, UpstreamPool pool, int count, boolean held) {
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

    static int number(Upstream upstream) {
        return (int) (upstream.address().low() & 0xff);
    }

    static Map<Integer, Integer> counts(List<Integer> numbers) {
        Map<Integer, Integer> counts = new HashMap<>();
        numbers.forEach(n -> counts.merge(n, 1, Integer::sum));
        return counts;
    }

    void eject(Upstream upstream, long now) {
        for (int i = 0; i < PassiveHealth.MOST_FAILURES; i++) {
            chooser.failed(upstream, now);
        }
    }
}
