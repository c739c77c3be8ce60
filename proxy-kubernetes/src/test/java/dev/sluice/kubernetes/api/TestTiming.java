// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.kubernetes.api.reflector.ApiTiming;
import java.time.Duration;

/** The durations of a daemon, scaled down. */
final class TestTiming {
    /** Twenty to a hundred times as fast as a daemon. */
    static final ApiTiming FAST = new ApiTiming(
            Duration.ofSeconds(3),
            Duration.ofMillis(600),
            Duration.ofMillis(300),
            Duration.ofMillis(1800),
            Duration.ofMinutes(5),
            Duration.ofMillis(50),
            Duration.ofMillis(500),
            Duration.ofMillis(40),
            Duration.ofMillis(400),
            Duration.ofSeconds(2),
            Duration.ofMinutes(1));

    /** As {@link #FAST}, but each watch that ends has ended at once, and delays never begin again with the first. */
    static final ApiTiming FAST_AND_STEADY = new ApiTiming(
            Duration.ofSeconds(3),
            Duration.ofMillis(600),
            Duration.ofMillis(300),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMillis(40),
            Duration.ofMillis(400),
            Duration.ofSeconds(2),
            Duration.ofMinutes(1));

    private TestTiming() {}
}
