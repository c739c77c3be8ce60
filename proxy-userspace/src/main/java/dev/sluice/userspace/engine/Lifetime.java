package dev.sluice.userspace.engine;

import dev.sluice.userspace.routing.Expiry;
import dev.sluice.userspace.routing.ServicePolicy;
import io.netty.channel.EventLoop;
import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Ends a connection that has become as old as its Service allows, or has been idle for as long. A connection of a Service without
 * such limits has none. All on the connection's event loop.
 *
 * <p>That bytes have moved is not noted byte by byte but looked for {@value #LOOKS} times in the idle time, so a connection ends up
 * to one such part later than that.
 */
final class Lifetime implements Runnable {
    private static final int LOOKS = 8;

    private final EventLoop loop;
    private final LongSupplier moved;
    private final Consumer<Expiry> end;
    private final long idle;
    /** The moment of the largest age. */
    private final long last;

    private long seen;
    private long seenAt;
    private @Nullable Future<?> next;

    private Lifetime(EventLoop loop, long idle, long age, LongSupplier moved, Consumer<Expiry> end) {
        this.loop = loop;
        this.idle = idle;
        this.moved = moved;
        this.end = end;
        seenAt = System.nanoTime();
        last = seenAt + age;
    }

    /**
     * Begins with a connection that an endpoint has just taken.
     *
     * @param moved how many bytes have passed in both directions
     * @param end ends the connection
     * @return null when nothing limits it
     */
    static @Nullable Lifetime begin(EventLoop loop, ServicePolicy policy, LongSupplier moved, Consumer<Expiry> end) {
        Duration idle = policy.idleTimeout();
        Duration age = policy.maxAge();
        if (idle == null && age == null) {
            return null;
        }
        Lifetime lifetime = new Lifetime(loop, nanos(idle), nanos(age), moved, end);
        lifetime.lookLater(lifetime.seenAt);
        return lifetime;
    }

    /** Half of what the clock can tell apart stands for no limit. */
    private static long nanos(@Nullable Duration limit) {
        return limit == null ? Long.MAX_VALUE / 2 : limit.toNanos();
    }

    private void lookLater(long now) {
        long look = Math.min(Math.max(idle / LOOKS, 1), last - now);
        next = loop.schedule(this, Math.max(look, 1), TimeUnit.NANOSECONDS);
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
            end.accept(Expiry.AGE);
        } else if (now - seenAt >= idle) {
            end.accept(Expiry.IDLE);
        } else {
            lookLater(now);
        }
    }

    /** The connection has ended by itself. */
    void end() {
        Future<?> waiting = next;
        if (waiting != null) {
            waiting.cancel(false);
        }
    }
}
