// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import java.time.Duration;

/**
 * Limits the rate of Events (a token bucket): a burst, then one in each interval. A cluster has as many proxies as
 * nodes, and all of them notice the same problem at the same time. Used by one thread.
 */
final class EventRateLimit {
    private final int burst;
    private final long interval;
    private double left;
    private long seen = System.nanoTime();

    EventRateLimit(int burst, Duration interval) {
        this.burst = burst;
        this.interval = interval.toNanos();
        this.left = burst;
    }

    /** Waits until the next Event may be sent. */
    void await() throws InterruptedException {
        refill();
        while (left < 1) {
            Thread.sleep(Duration.ofNanos((long) ((1 - left) * interval) + 1));
            refill();
        }
        left--;
    }

    private void refill() {
        long now = System.nanoTime();
        left = Math.min(burst, left + (double) (now - seen) / interval);
        seen = now;
    }
}
