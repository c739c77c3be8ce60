// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import dev.sluice.core.net.IpAddress;
import java.time.Instant;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Chooses upstreams of one service port for new connections. Event loops share it without a lock, and a choice
 * allocates nothing while nothing fails.
 *
 * <p>Of several equal upstreams the turn decides, where the kernel's schedulers take the first. {@code sh} and
 * {@code dh} are rendezvous hashing: a client goes to the upstream whose hash with it is highest, so an added or
 * removed upstream moves its own clients only (Thaler and Ravishankar, 1998; with weights: Schindelhauer and Schomaker,
 * 2005).
 */
public final class Chooser {
    /** How often {@code p2c} draws a second upstream at random. */
    private static final int DRAWS = 3;

    private final AtomicInteger cursor = new AtomicInteger();
    private final AtomicInteger ejected = new AtomicInteger();
    private final AtomicInteger unhealthy = new AtomicInteger();

    /** Which upstreams may be chosen. */
    private record Eligibility(@Nullable ExcludedUpstreams excluded, Skips skips, long now) {
        private static final Eligibility ANY = new Eligibility(null, Skips.NONE, 0);

        static Eligibility of(@Nullable ExcludedUpstreams excluded, Skips skips, long now) {
            return excluded == null && skips.isNone() ? ANY : new Eligibility(excluded, skips, now);
        }

        boolean includes(Upstream upstream) {
            return (excluded == null || !excluded.contains(upstream)) && skips.admits(upstream, now);
        }
    }

    /**
     * The upstream of a new connection.
     *
     * @param destination the address that the client connected to
     * @param excluded the upstreams not to try again; null at first
     * @param nanoTime now
     * @return null when no upstream is left
     */
    public @Nullable Upstream choose(
            Scheduler scheduler,
            UpstreamPool pool,
            IpAddress client,
            IpAddress destination,
            @Nullable ExcludedUpstreams excluded,
            long nanoTime) {
        Skips skips = skips(pool, nanoTime);
        Eligibility eligible = Eligibility.of(excluded, skips, nanoTime);
        // another loop may have claimed an ejected upstream whose time is over: then choose again
        for (int i = 0; i <= pool.size(); i++) {
            int index = pick(scheduler, pool, client, destination, eligible);
            if (index < 0) {
                break;
            }
            Upstream upstream = pool.upstream(index);
            if (!skips.ejected() || upstream.claim(nanoTime)) {
                return upstream;
            }
        }
        // other loops have claimed all that were left: now more than half are ejected, so ejections do not count
        if (!skips.ejected() || excluded != null) {
            return null;
        }
        int any = pick(scheduler, pool, client, destination, Eligibility.of(null, skips.butEjected(), nanoTime));
        return any < 0 ? null : pool.upstream(any);
    }

    /** The upstream of a client by hash at present, without claiming it. */
    public @Nullable Upstream hashed(
            Scheduler byHash, UpstreamPool pool, IpAddress client, IpAddress destination, long nanoTime) {
        int index = pick(byHash, pool, client, destination, Eligibility.of(null, skips(pool, nanoTime), nanoTime));
        return index < 0 ? null : pool.upstream(index);
    }

    /**
     * What is skipped: unhealthy upstreams unless all are, since a check may be wrong; and of the others, those
     * ejected, unless they are more than half, since then the cause may be elsewhere.
     */
    public Skips skips(UpstreamPool pool, long nanoTime) {
        int healthy = unhealthy.get() > 0 ? pool.admitting(Skips.of(true, false), nanoTime) : pool.size();
        boolean skipUnhealthy = healthy > 0 && healthy < pool.size();
        boolean skipEjected = ejected.get() > 0
                && 2 * pool.admitting(Skips.of(skipUnhealthy, true), nanoTime)
                        >= (skipUnhealthy ? healthy : pool.size());
        return Skips.of(skipUnhealthy, skipEjected);
    }

    /**
     * Claims {@code upstream} for a connection of session affinity; an ejected one is for one connection at a time,
     * once its time is over.
     */
    public boolean claim(UpstreamPool pool, Upstream upstream, long nanoTime) {
        Skips skips = skips(pool, nanoTime);
        return skips.admits(upstream, nanoTime) && (!skips.ejected() || upstream.claim(nanoTime));
    }

    /** Whether {@code upstream} may get a connection of {@code pool}. */
    public boolean admits(UpstreamPool pool, Upstream upstream, long nanoTime) {
        return skips(pool, nanoTime).admits(upstream, nanoTime);
    }

    /**
     * Notes that a connect to {@code upstream} has failed; returns whether that ejects it, for the first time or again.
     */
    public boolean failed(Upstream upstream, long nanoTime) {
        int ejections = upstream.failed(nanoTime);
        if (ejections == 1) {
            ejected.incrementAndGet();
        }
        return ejections > 0;
    }

    /** Notes that {@code upstream} has accepted a connection. */
    public void succeeded(Upstream upstream) {
        if (upstream.succeeded()) {
            ejected.decrementAndGet();
        }
    }

    /** Notes that a check of {@code upstream} has passed; returns whether that makes it healthy again. */
    public boolean checkPassed(Upstream upstream, int rise) {
        boolean healthy = upstream.checkPassed(rise);
        if (healthy) {
            unhealthy.decrementAndGet();
        }
        return healthy;
    }

    /** Notes that a check of {@code upstream} has failed; returns whether that makes it unhealthy. */
    public boolean checkFailed(Upstream upstream, int fall, String cause, Instant now) {
        boolean failed = upstream.checkFailed(fall, cause, now);
        if (failed) {
            unhealthy.incrementAndGet();
        }
        return failed;
    }

    /** Notes that {@code upstream} is not checked any more. */
    public void forgetChecks(Upstream upstream) {
        if (upstream.forgetChecks()) {
            unhealthy.decrementAndGet();
        }
    }

    /** Notes that the service port has lost {@code upstream}. */
    public void removed(Upstream upstream) {
        if (upstream.remove()) {
            unhealthy.decrementAndGet();
        }
        succeeded(upstream);
    }

    private int pick(
            Scheduler scheduler, UpstreamPool pool, IpAddress client, IpAddress destination, Eligibility eligible) {
        if (pool.isEmpty()) {
            return -1;
        }
        return switch (scheduler) {
            case RR, WRR -> inTurn(pool, eligible);
            case LC -> least(pool, 0, false, eligible);
            case WLC -> least(pool, 0, true, eligible);
            case SED -> least(pool, 1, true, eligible);
            case NQ -> neverQueue(pool, eligible);
            case DH -> byHash(pool, AddressHash.of(destination), false, eligible);
            case SH -> byHash(pool, AddressHash.of(client), true, eligible);
            case P2C -> ofTwo(pool, eligible);
        };
    }

    private int nextTurn(UpstreamPool pool) {
        return (cursor.getAndIncrement() & Integer.MAX_VALUE) % pool.turns();
    }

    /**
     * Turns of upstreams that may not be chosen are used up too: their neighbours would get twice as much otherwise.
     */
    private int inTurn(UpstreamPool pool, Eligibility eligible) {
        // a retry takes no turn: it would fall into step with the failing upstream, which would then get every first
        // attempt
        int most = eligible.excluded() == null ? pool.size() : 0;
        for (int i = 0; i < most; i++) {
            int index = pool.turn(nextTurn(pool));
            if (eligible.includes(pool.upstream(index))) {
                return index;
            }
        }
        return atRandom(pool, eligible);
    }

    /** A random upstream, by weight. */
    private static int atRandom(UpstreamPool pool, Eligibility eligible) {
        int from = ThreadLocalRandom.current().nextInt(pool.turns());
        for (int i = 0; i < pool.turns(); i++) {
            int index = pool.turn((from + i) % pool.turns());
            if (eligible.includes(pool.upstream(index))) {
                return index;
            }
        }
        return -1;
    }

    /** @param more connections counted beside the open ones: 1 for the new one */
    private int least(UpstreamPool pool, int more, boolean weighted, Eligibility eligible) {
        int best = inTurn(pool, eligible);
        if (best < 0) {
            return best;
        }
        int first = best;
        for (int i = 1; i < pool.size(); i++) {
            int index = (first + i) % pool.size();
            if (eligible.includes(pool.upstream(index)) && isLess(pool, index, best, more, weighted)) {
                best = index;
            }
        }
        return best;
    }

    private static boolean isLess(UpstreamPool pool, int a, int b, int more, boolean weighted) {
        long loadOfA = (long) pool.upstream(a).open() + more;
        long loadOfB = (long) pool.upstream(b).open() + more;
        return weighted ? loadOfA * pool.weight(b) < loadOfB * pool.weight(a) : loadOfA < loadOfB;
    }

    private int neverQueue(UpstreamPool pool, Eligibility eligible) {
        int first = nextTurn(pool);
        for (int i = 0; i < pool.turns(); i++) {
            int index = pool.turn((first + i) % pool.turns());
            if (pool.upstream(index).open() == 0 && eligible.includes(pool.upstream(index))) {
                return index;
            }
        }
        return least(pool, 1, true, eligible);
    }

    private static int byHash(UpstreamPool pool, long key, boolean weighted, Eligibility eligible) {
        boolean byWeight = weighted && !pool.isUniform();
        int best = -1;
        double highest = 0;
        for (int i = 0; i < pool.size(); i++) {
            Upstream upstream = pool.upstream(i);
            if (eligible.includes(upstream)) {
                // in (0, 1)
                double hash = ((AddressHash.mix(key ^ upstream.hash()) >>> 11) + 0.5) * 0x1p-53;
                double score = byWeight ? -pool.weight(i) / Math.log(hash) : hash;
                if (best < 0 || score > highest) {
                    best = i;
                    highest = score;
                }
            }
        }
        return best;
    }

    private static int ofTwo(UpstreamPool pool, Eligibility eligible) {
        int first = atRandom(pool, eligible);
        int second = first;
        // an upstream of large weight may be drawn again and again
        for (int i = 0; i < DRAWS && second == first; i++) {
            second = atRandom(pool, eligible);
        }
        for (int i = 1; i < pool.size() && second == first; i++) {
            int index = (first + i) % pool.size();
            second = eligible.includes(pool.upstream(index)) ? index : first;
        }
        // one may be missing: another loop may have claimed the last upstream
        return first >= 0 && second >= 0 && isLess(pool, second, first, 0, true) ? second : first;
    }
}
