// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.balance;

import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * The health of an endpoint, by the results of clients' own connects. After {@value #MOST_FAILURES} failures in a row
 * the endpoint is ejected for a second. Then one connection may try it; while that fails too, the time doubles, up to a
 * minute. The first success ends the ejection. Times are of {@link System#nanoTime}.
 *
 * @param failures in a row
 * @param ejections in a row, 0 while it is not ejected
 * @param until when a connection may try it again
 * @param probed whether a connection is trying it
 */
record PassiveHealth(int failures, int ejections, long until, boolean probed) {
    static final PassiveHealth GOOD = new PassiveHealth(0, 0, 0, false);
    static final int MOST_FAILURES = 3;
    private static final long FIRST = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST = TimeUnit.MINUTES.toNanos(1);
    /**
     * How long a try may go without an answer before another connection may try: its client may have left meanwhile.
     */
    private static final long PROBE = TimeUnit.SECONDS.toNanos(10);

    boolean isEjected() {
        return ejections > 0;
    }

    /** Whether a new connection may go there. */
    boolean admits(long now) {
        return ejections == 0 || now - until >= 0;
    }

    /** The health after a connection has begun to try it. */
    PassiveHealth probing(long now) {
        return new PassiveHealth(failures, ejections, now + PROBE, true);
    }

    /** The health after a failed connect. A connect that began before the ejection changes nothing. */
    PassiveHealth failed(long now) {
        if (ejections > 0 && !probed) {
            return this;
        }
        int inARow = Math.min(failures + 1, MOST_FAILURES);
        if (ejections == 0 && inARow < MOST_FAILURES) {
            return new PassiveHealth(inARow, 0, 0, false);
        }
        long pause = Math.min(FIRST << Math.min(ejections, 6), LONGEST);
        return new PassiveHealth(inARow, ejections + 1, now + pause, false);
    }

    /** How long until a connection may try it, zero when one may now. */
    Duration left(long now) {
        return admits(now) ? Duration.ZERO : Duration.ofNanos(until - now);
    }
}
