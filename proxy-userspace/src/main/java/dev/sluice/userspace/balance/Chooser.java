package dev.sluice.userspace.balance;

import dev.sluice.core.config.Scheduler;
import dev.sluice.core.net.IpAddress;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Chooses targets of one service port for new connections. Loops share it without a lock, and a choice allocates nothing
 * as long as nothing fails.
 *
 * <p>Where the schedulers of the kernel take the first server of several that are equal, here the turn decides among them.
 * The hashes are rendezvous hashing: a client goes to the target whose hash with it is highest, so a target that comes
 * or goes moves its own clients only (Thaler and Ravishankar, 1998; with weights: Schindelhauer and Schomaker, 2005).
 */
public final class Chooser {
    /** How often a second target is looked for at random. */
    private static final int THROWS = 3;

    private final AtomicInteger cursor = new AtomicInteger();
    private final AtomicInteger ejected = new AtomicInteger();

    /** Who may be chosen. */
    private record Limits(@Nullable Tried tried, boolean minded, long now) {
        private static final Limits NONE = new Limits(null, false, 0);

        static Limits of(@Nullable Tried tried, boolean minded, long now) {
            return tried == null && !minded ? NONE : new Limits(tried, minded, now);
        }

        boolean allow(Target target) {
            return (tried == null || !tried.contains(target)) && (!minded || target.admits(now));
        }
    }

    /**
     * The target of a new connection.
     *
     * @param destination what the client connected to
     * @param tried who has failed for this connection; null at first
     * @param nanoTime now
     * @return null when there is none that has not been tried
     */
    public @Nullable Target choose(
            Scheduler scheduler,
            Pool pool,
            IpAddress client,
            IpAddress destination,
            @Nullable Tried tried,
            long nanoTime) {
        boolean minded = minds(pool, nanoTime);
        Limits limits = Limits.of(tried, minded, nanoTime);
        // another loop may be faster to try an ejected one whose time is over: then somebody else is chosen
        for (int i = 0; i <= pool.size(); i++) {
            int index = pick(scheduler, pool, client, destination, limits);
            if (index < 0) {
                break;
            }
            Target target = pool.target(index);
            if (!minded || target.claim(nanoTime)) {
                return target;
            }
        }
        // other loops have taken all who might be tried: now more than half are out, which does not count
        int any = minded && tried == null ? pick(scheduler, pool, client, destination, Limits.NONE) : -1;
        return any < 0 ? null : pool.target(any);
    }

    /** Whom a hash leads a client to at present; nobody is taken. */
    public @Nullable Target look(Scheduler byHash, Pool pool, IpAddress client, IpAddress destination, long nanoTime) {
        int index = pick(byHash, pool, client, destination, Limits.of(null, minds(pool, nanoTime), nanoTime));
        return index < 0 ? null : pool.target(index);
    }

    /** Whether those that are ejected get no connections: unless they are more than half, since then the cause may be another. */
    public boolean minds(Pool pool, long nanoTime) {
        return ejected.get() > 0 && 2 * pool.admitting(nanoTime) >= pool.size();
    }

    /** Takes {@code target} for a connection that is held to it; one that is ejected is given to one at a time, and when its time is over. */
    public boolean claim(Pool pool, Target target, long nanoTime) {
        return !minds(pool, nanoTime) || target.claim(nanoTime);
    }

    /** Whether {@code target} takes connections of this pool. */
    public boolean admits(Pool pool, Target target, long nanoTime) {
        return target.admits(nanoTime) || !minds(pool, nanoTime);
    }

    /** A connect to {@code target} has failed; answers whether that has ejected it, for the first time or again. */
    public boolean failed(Target target, long nanoTime) {
        int ejections = target.failed(nanoTime);
        if (ejections == 1) {
            ejected.incrementAndGet();
        }
        return ejections > 0;
    }

    /** {@code target} has taken a connection. */
    public void succeeded(Target target) {
        if (target.succeeded()) {
            ejected.decrementAndGet();
        }
    }

    /** {@code target} is none of the port's any more. */
    public void left(Target target) {
        target.leave();
        succeeded(target);
    }

    private int pick(Scheduler scheduler, Pool pool, IpAddress client, IpAddress destination, Limits limits) {
        if (pool.isEmpty()) {
            return -1;
        }
        return switch (scheduler) {
            case RR, WRR -> inTurn(pool, limits);
            case LC -> least(pool, 0, false, limits);
            case WLC -> least(pool, 0, true, limits);
            case SED -> least(pool, 1, true, limits);
            case NQ -> neverQueue(pool, limits);
            case DH -> byHash(pool, Hash.of(destination), false, limits);
            case SH -> byHash(pool, Hash.of(client), true, limits);
            case P2C -> ofTwo(pool, limits);
        };
    }

    private int nextTurn(Pool pool) {
        return (cursor.getAndIncrement() & Integer.MAX_VALUE) % pool.turns();
    }

    /** The turns of those that may not be chosen pass too: were they their neighbours', these would get twice as much. */
    private int inTurn(Pool pool, Limits limits) {
        // a retry takes nobody's turn: it would fall into step with the failing one, which had every first attempt then
        int most = limits.tried() == null ? pool.size() : 0;
        for (int i = 0; i < most; i++) {
            int index = pool.turn(nextTurn(pool));
            if (limits.allow(pool.target(index))) {
                return index;
            }
        }
        return atRandom(pool, limits);
    }

    /** By weight. */
    private static int atRandom(Pool pool, Limits limits) {
        int from = ThreadLocalRandom.current().nextInt(pool.turns());
        for (int i = 0; i < pool.turns(); i++) {
            int index = pool.turn((from + i) % pool.turns());
            if (limits.allow(pool.target(index))) {
                return index;
            }
        }
        return -1;
    }

    /** @param more how many connections count beside the open ones: 1 for the new one */
    private int least(Pool pool, int more, boolean weighted, Limits limits) {
        int best = inTurn(pool, limits);
        if (best < 0) {
            return best;
        }
        int first = best;
        for (int i = 1; i < pool.size(); i++) {
            int index = (first + i) % pool.size();
            if (limits.allow(pool.target(index)) && isLess(pool, index, best, more, weighted)) {
                best = index;
            }
        }
        return best;
    }

    private static boolean isLess(Pool pool, int a, int b, int more, boolean weighted) {
        long loadOfA = (long) pool.target(a).open() + more;
        long loadOfB = (long) pool.target(b).open() + more;
        return weighted ? loadOfA * pool.weight(b) < loadOfB * pool.weight(a) : loadOfA < loadOfB;
    }

    private int neverQueue(Pool pool, Limits limits) {
        int first = nextTurn(pool);
        for (int i = 0; i < pool.turns(); i++) {
            int index = pool.turn((first + i) % pool.turns());
            if (pool.target(index).open() == 0 && limits.allow(pool.target(index))) {
                return index;
            }
        }
        return least(pool, 1, true, limits);
    }

    private static int byHash(Pool pool, long key, boolean weighted, Limits limits) {
        boolean byWeight = weighted && !pool.isUniform();
        int best = -1;
        double highest = 0;
        for (int i = 0; i < pool.size(); i++) {
            Target target = pool.target(i);
            if (limits.allow(target)) {
                // in (0, 1)
                double hash = ((Hash.mix(key ^ target.hash()) >>> 11) + 0.5) * 0x1p-53;
                double score = byWeight ? -pool.weight(i) / Math.log(hash) : hash;
                if (best < 0 || score > highest) {
                    best = i;
                    highest = score;
                }
            }
        }
        return best;
    }

    private static int ofTwo(Pool pool, Limits limits) {
        int first = atRandom(pool, limits);
        int second = first;
        // a target of large weight may come up again and again
        for (int i = 0; i < THROWS && second == first; i++) {
            second = atRandom(pool, limits);
        }
        for (int i = 1; i < pool.size() && second == first; i++) {
            int index = (first + i) % pool.size();
            second = limits.allow(pool.target(index)) ? index : first;
        }
        // with both at hand: another loop may have taken the last one who might be tried
        return first >= 0 && second >= 0 && isLess(pool, second, first, 0, true) ? second : first;
    }
}
