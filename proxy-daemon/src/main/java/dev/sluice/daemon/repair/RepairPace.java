// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import java.util.concurrent.TimeUnit;

/**
 * The pace of repairs. As a rule, a change is repaired as soon as the other program has had a moment to finish. But
 * where rules are changed again as soon as they are repaired, another program fights us, and then the pauses grow from
 * one second to thirty. Arithmetic on the caller's clock; not thread-safe.
 */
final class RepairPace {
    private static final long MOMENT = TimeUnit.MILLISECONDS.toNanos(30);
    private static final long QUICK = TimeUnit.SECONDS.toNanos(1);
    private static final long LONGEST = TimeUnit.SECONDS.toNanos(30);
    private static final int FREE = 2;

    private boolean everLooked;
    private long lastEnd;
    private long lookTook;
    private int returns;

    /** How long to wait before looking at what was noticed now, in nanoseconds. */
    long delay(long now) {
        if (!everLooked) {
            return MOMENT;
        }
        long since = now - lastEnd;
        if (since >= QUICK) {
            returns = 0;
        }
        // looks that find nothing take half of the sync thread's time at most
        return Math.max(MOMENT, Math.max(pause(), lookTook) - since);
    }

    /** The pause between two repairs at present; 0 when no program fights us. */
    long pause() {
        return returns <= FREE ? 0 : Math.min(LONGEST, QUICK << Math.min(returns - FREE - 1, 10));
    }

    /** Records that what was noticed has been looked at, and how long that took. */
    void looked(long now, long took, boolean repaired) {
        everLooked = true;
        lastEnd = now;
        lookTook = repaired ? 0 : took;
        returns += repaired ? 1 : 0;
    }
}
