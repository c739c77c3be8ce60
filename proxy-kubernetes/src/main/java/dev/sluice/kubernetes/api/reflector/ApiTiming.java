// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import java.time.Duration;

/**
 * The durations of a connection to an API server.
 *
 * @param request the longest wait for the head of an answer
 * @param silence so long a stream may be silent before its peer is doubted
 * @param probe so much longer than the peer's last answer took it may take to answer when it is doubted
 * @param quietWatch so long a watch may deliver nothing, bookmarks included, before it is opened anew
 * @param watch the least duration that is asked of a watch; the server ends it after up to twice that
 * @param shortWatch a watch that ends sooner counts as a failure
 * @param healthy after a watch has lived so long, the delays begin again with the first
 * @param firstDelay the least delay after a failure
 * @param longestDelay the longest delay after failures
 * @param longestRetryAfter the longest delay that a server may ask for
 * @param reminder the time until a refusal that goes on is logged again; doubled each time
 */
public record ApiTiming(
        Duration request,
        Duration silence,
        Duration probe,
        Duration quietWatch,
        Duration watch,
        Duration shortWatch,
        Duration healthy,
        Duration firstDelay,
        Duration longestDelay,
        Duration longestRetryAfter,
        Duration reminder) {

    /** The durations of a daemon, those of client-go where it has them. A dead peer is noticed within 45 seconds. */
    public static final ApiTiming OF_A_DAEMON = new ApiTiming(
            Duration.ofSeconds(60),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofSeconds(90),
            Duration.ofMinutes(5),
            Duration.ofSeconds(1),
            Duration.ofSeconds(10),
            Duration.ofMillis(800),
            Duration.ofSeconds(30),
            Duration.ofMinutes(5),
            Duration.ofMinutes(1));
}
