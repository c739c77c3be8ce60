// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.time.Duration;
import java.util.function.LongConsumer;

/** Lets a message through once in a while, so that what clients can cause at will does not fill the log. */
final class RareLog {
    private final long pauseNanos;
    private long next = System.nanoTime();
    private long count;

    RareLog(Duration pause) {
        pauseNanos = pause.toNanos();
    }

    /** @param message gets how often it happened since the last time it was let through, this time included */
    synchronized void log(LongConsumer message) {
        count++;
        if (System.nanoTime() - next >= 0) {
            next = System.nanoTime() + pauseNanos;
            message.accept(count);
            count = 0;
        }
    }
}
