// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

/** A monotonic clock for durations, unrelated to the time of day. */
@FunctionalInterface
public interface Ticker {

    /** Nanoseconds since an arbitrary moment. */
    long nanos();

    static Ticker system() {
        return System::nanoTime;
    }
}
