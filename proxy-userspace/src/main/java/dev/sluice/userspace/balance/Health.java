package dev.sluice.userspace.balance;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * What connecting to an endpoint has come to of late. After {@value #MOST_FAILURES} failures in a row it is ejected for a
 * second; then one connection may try it, and while that fails too, the time doubles up to a minute. The first success ends it.
 * Times are of {@link System#nanoTime}.
 *
 * @param failures in a row
 * @param ejections in a row, 0 when it is not ejected
 * @param until when somebody may try it again
 * @param probed whether somebody does
 */
record Health(int failures, int ejections, long until, boolean probed) {
    static final Health GOOD = new Health(0, 0, 0, false);
    static final int MOST_FAILURES = 3;
    private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);
    /** How long a try may go without an answer before somebody else may try: its client may have left meanwhile. */
    private static final long PROBE = TimeUnit.SECONDS.toNanos(10);

    boolean isEjected() {
        return ejections > 0;
    }

    /** Whether a new connection may go there. */
    boolean admits(long now) {
        return ejections == 0 || now - until >= 0;
    }

    /** After somebody has begun to try it. */
    Health probing(long now) {
        return new Health(failures, ejections, now + PROBE, true);
    }

    /** After a connect has failed. One that began before the ejection says nothing new. */
    Health failed(long now) {
        if (ejections > 0 && !probed) {
            return this;
        }
        int inARow = Math.min(failures + 1, MOST_FAILURES);
        if (ejections == 0 && inARow < MOST_FAILURES) {
            return new Health(inARow, 0, 0, false);
        }
        long pause = Math.min(FIRST << Math.min(ejections, 6), LONGEST);
        return new Health(inARow, ejections + 1, now + pause, false);
    }

    /** How long nobody may try it, zero when somebody may. */
    Duration left(long now) {
        return admits(now) ? Duration.ZERO : Duration.ofNanos(until - now);
    }
}
