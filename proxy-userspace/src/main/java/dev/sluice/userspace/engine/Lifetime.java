// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.routing.ExpiryReason;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection that has reached the idle time or the age of its Service's limits. Runs on the connection's event
 * loop.
 *
 * <p>Traffic is not noted with each byte but checked {@value #CHECKS} times in the idle time, so an idle connection
 * ends up to one such part late.
 */
final class Lifetime implements Runnable {
    private static final int CHECKS = 8;

    private final EventLoop loop;
    private final LongSupplier moved;
    private final Consumer<ExpiryReason> end;
    private final long idle;
    /** When the connection reaches the largest age. */
    private final long last;

    private long seen;
    private long seenAt;
    private @Nullable Future<?> next;

    private Lifetime(EventLoop loop, long idle, long age, LongSupplier moved, Consumer<ExpiryReason> end) {
        this.loop = loop;
        this.idle = idle;
        this.moved = moved;
        this.end = end;
        seenAt = System.nanoTime();
        last = seenAt + age;
    }

    /**
     * Starts with a connection that an endpoint has just accepted, under a policy that limits its time.
     *
     * @param moved the bytes that have passed in both directions
     * @param end ends the connection
     */
    static Lifetime begin(EventLoop loop, ConnectionPolicy policy, LongSupplier moved, Consumer<ExpiryReason> end) {
        Lifetime lifetime = new Lifetime(loop, nanos(policy.idleTimeout()), nanos(policy.maxAge()), moved, end);
        lifetime.checkLater(lifetime.seenAt);
        return lifetime;
    }

    /** No limit is half of the clock's range. */
    private static long nanos(@Nullable Duration limit) {
        return limit == null ? Long.MAX_VALUE / 2 : limit.toNanos();
    }

    private void checkLater(long now) {
        long delay = Math.min(Math.max(idle / CHECKS, 1), last - now);
        next = loop.schedule(this, Math.max(delay, 1), TimeUnit.NANOSECONDS);
    }

    @Override
    public void run() {
        long now = System.nanoTime();
        long count = moved.getAsLong();
        if (count != seen) {
            seen = count;
            seenAt = now;
        }
        if (now - last >= 0) {
            end.accept(ExpiryReason.AGE);
        } else if (now - seenAt >= idle) {
            end.accept(ExpiryReason.IDLE);
        } else {
            checkLater(now);
        }
    }

    /** Notes that the connection has ended. */
    void end() {
        Future<?> waiting = next;
        if (waiting != null) {
            waiting.cancel(false);
        }
    }
}
