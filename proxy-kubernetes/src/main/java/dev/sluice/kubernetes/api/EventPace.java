package dev.sluice.kubernetes.api;

import java.time.Duration;

/**
 * How fast Events are sent: some at once, then one in each interval. A cluster has as many proxies as nodes, and what is
 * wrong with a Service they all find at the same time. Used by one thread.
 */
final class EventPace {
    private final int burst;
    private final long interval;
    private double left;
    private long seen = System.nanoTime();

    EventPace(int burst, Duration interval) {
        this.burst = burst;
        this.interval = interval.toNanos();
        this.left = burst;
    }

    /** Waits until the next one may be sent. */
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
