// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;

/** The delays after failures: each about twice the last, spread so that a cluster's nodes do not return together. */
public final class Backoff {
    private final Duration first;
    private final Duration longest;
    private Duration next;

    public Backoff(Duration first, Duration longest) {
        this.first = first;
        this.longest = longest;
        this.next = first;
    }

    /** The delay after one more failure: between the first and the longest. */
    public Duration next() {
        Duration base = next;
        next = least(base.multipliedBy(2), longest);
        long spread = ThreadLocalRandom.current().nextLong(base.toNanos() + 1);
        return least(base.plusNanos(spread), longest);
    }

    /** Begins with the first delay again. */
    public void reset() {
        next = first;
    }

    private static Duration least(Duration one, Duration other) {
        return one.compareTo(other) < 0 ? one : other;
    }
}
