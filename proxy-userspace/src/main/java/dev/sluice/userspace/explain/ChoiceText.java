// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.explain;

import static java.time.temporal.ChronoUnit.SECONDS;

import dev.sluice.core.config.GoDuration;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.userspace.balance.Outage;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.balance.Skips;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.PortBalancer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.function.IntFunction;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Explains how the proxy would choose an endpoint for a packet now: scheduler, weights, ejections and candidates. */
final class ChoiceText {
    private final Scheduler scheduler;
    private final UpstreamPool pool;
    private final long now;
    private final @Nullable Upstream pinned;
    private final @Nullable Upstream hashed;
    private final Skips skips;
    /** The indexes of upstreams that may be chosen. */
    private final int[] eligible;

    ChoiceText(PortBalancer balancer, UpstreamPool pool, Packet packet, long nanoTime) {
        this.pool = pool;
        scheduler = balancer.policy().scheduler();
        now = nanoTime;
        pinned = balancer.pinned(pool, packet.source(), nanoTime);
        skips = balancer.skips(pool, nanoTime);
        eligible = IntStream.range(0, pool.size())
                .filter(i -> skips.admits(pool.upstream(i), now))
                .toArray();
        // a process of the node may send from any of its addresses
        boolean anySource = packet.origin() == Packet.Origin.NODE && scheduler == Scheduler.SH;
        hashed = anySource ? null : balancer.hashed(pool, packet.source(), packet.destination(), nanoTime);
    }

    String text() {
        if (pinned != null) {
            return "session affinity";
        }
        String weights = scheduler.weighted() && !pool.isUniform() ? ", weights " + list(this::weight) : "";
        return "scheduler " + scheduler.text() + " among " + eligible.length + " endpoints" + weights
                + named(", unhealthy ", u -> u.outage() != null, ChoiceText::outage, skips.unhealthy())
                + named(", ejected ", Upstream::isEjected, this::left, skips.ejected());
    }

    private String named(String what, Predicate<Upstream> of, Function<Upstream, String> how, boolean skipped) {
        String all = IntStream.range(0, pool.size())
                .mapToObj(pool::upstream)
                .filter(of)
                .map(upstream -> upstream + how.apply(upstream))
                .collect(Collectors.joining(", "));
        return all.isEmpty() ? "" : what + all + (skipped ? "" : ", which does not count now");
    }

    private static String outage(Upstream upstream) {
        Outage outage = upstream.outage();
        return outage == null ? "" : " since " + outage.since().truncatedTo(SECONDS) + " (" + outage.cause() + ")";
    }

    private String list(IntFunction<String> each) {
        return IntStream.of(eligible).mapToObj(each).collect(Collectors.joining(", "));
    }

    private String weight(int index) {
        return pool.upstream(index) + " " + pool.weight(index);
    }

    private String left(Upstream upstream) {
        Duration left = upstream.ejectedFor(now);
        return left.isZero() ? " (to be tried)" : " for " + GoDuration.format(Duration.ofMillis(left.toMillis()));
    }

    /** The candidates, with probabilities as for many clients, and endpoints as busy as their weights say. */
    List<Candidate> candidates(Predicate<IpAddress> masqueraded) {
        Upstream only = pinned != null ? pinned : hashed;
        if (only != null) {
            return List.of(new Candidate(only.address(), only.port(), 1, masqueraded.test(only.address())));
        }
        long sum = IntStream.of(eligible).mapToLong(this::share).sum();
        List<Candidate> candidates = new ArrayList<>();
        for (int index : eligible) {
            Upstream upstream = pool.upstream(index);
            candidates.add(new Candidate(
                    upstream.address(),
                    upstream.port(),
                    (double) share(index) / sum,
                    masqueraded.test(upstream.address())));
        }
        return candidates;
    }

    private long share(int index) {
        return scheduler.weighted() ? pool.weight(index) : 1;
    }
}
