// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.config.SyncPeriods;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The time of a family's next sync (kube-proxy's bounded-frequency runner): requests that arrive while one is pending
 * are merged, the minimum period counts from the end of a sync, and a failed sync is retried in full. Pure arithmetic
 * on the caller's clock. A check that the backend requests has its own deadline and does not cause a full sync.
 */
final class SyncSchedule {
    private static final long NEVER = Long.MAX_VALUE;
    private static final long FARTHEST_CHECK = Long.MAX_VALUE / 2; // so that differences do not overflow

    private final long min;
    private final long retry;
    private final long max;
    private boolean requested;
    private boolean fullRequested;
    private boolean failed;
    private boolean everRan;
    private long lastEnd;
    private long lastFullEnd;
    private boolean checkWanted;
    private long checkAt;

    SyncSchedule(SyncPeriods periods) {
        min = TimeUnit.NANOSECONDS.convert(periods.min());
        max = TimeUnit.NANOSECONDS.convert(periods.max());
        retry = Math.min(TimeUnit.NANOSECONDS.convert(periods.retry()), max);
    }

    void request() {
        requested = true;
    }

    void requestFull() {
        requested = true;
        fullRequested = true;
    }

    /**
     * Nanoseconds from {@code now} until the next sync is due, 0 when it is; {@link Long#MAX_VALUE} before the first
     * request.
     */
    long untilDue(long now) {
        if (!everRan) {
            return requested ? 0 : NEVER;
        }
        long least = min - (now - lastEnd);
        long wanted = requested ? least : failed ? retry - (now - lastEnd) : max - (now - lastFullEnd);
        if (checkWanted) {
            wanted = Math.min(wanted, checkAt - now);
        }
        return Math.max(0, Math.max(least, wanted));
    }

    /** Sets when the backend must be synced even if nothing changes, counted from {@code now}; empty for never. */
    void checkIn(long now, Optional<Duration> wait) {
        checkWanted = wait.isPresent();
        checkAt = now + Math.min(TimeUnit.NANOSECONDS.convert(wait.orElse(Duration.ZERO)), FARTHEST_CHECK);
    }

    /** Whether the backend has to be synced even if nothing has changed. */
    boolean checkDue(long now) {
        return checkWanted && checkAt - now <= 0;
    }

    /** Begins the sync that is due; returns whether it must be a full one. */
    boolean begin(long now) {
        boolean full = !everRan || failed || fullRequested || now - lastFullEnd >= max;
        requested = false;
        fullRequested = false;
        return full;
    }

    void succeeded(long now, boolean full) {
        ended(now, false);
        if (full) {
            lastFullEnd = now;
        }
    }

    void failed(long now) {
        ended(now, true);
    }

    private void ended(long now, boolean failure) {
        everRan = true;
        lastEnd = now;
        failed = failure;
        checkWanted &= !failure; // what follows is a full sync
    }
}
