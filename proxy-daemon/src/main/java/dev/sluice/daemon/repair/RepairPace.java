// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.repair;

import java.util.concurrent.TimeUnit;

/**
 * When a noticed change is repaired. At once as a rule, after a moment in which the other program may finish what it does. But
 * where rules are changed again as soon as they are repaired, somebody fights us, and then the pauses grow from one second to
 * thirty. Arithmetic on the caller's clock; not thread-safe.
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

    /** How long to wait, in nanoseconds, with what was noticed now. */
    long delay(long now) {
        if (!everLooked) {
            return MOMENT;
        }
        long since = now - lastEnd;
        if (since >= QUICK) {
            returns = 0;
        }
        // looking without finding anything shall take half of the sync thread's time at most
        return Math.max(MOMENT, Math.max(pause(), lookTook) - since);
    }

    /** The pause between two repairs at present; 0 when nobody fights us. */
    long pause() {
        return returns <= FREE ? 0 : Math.min(LONGEST, QUICK << Math.min(returns - FREE - 1, 10));
    }

    /** What was noticed has been looked at, which took that long. */
    void looked(long now, long took, boolean repaired) {
        everLooked = true;
        lastEnd = now;
        lookTook = repaired ? 0 : took;
        returns += repaired ? 1 : 0;
    }
}
