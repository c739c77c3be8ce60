package dev.sluice.core.config;

import java.time.Duration;
import java.util.List;

/**
 * The settings of userspace mode.
 *
 * @param udpIdleTimeout how long an idle UDP flow keeps its endpoint
 * @param connectTimeouts the time-out of each connect attempt; every attempt takes the next endpoint
 * @param drainTimeout how long open connections may go on after the order to stop
 * @param scheduler the one of Services that ask for none
 */
public record UserspaceOptions(
        Duration udpIdleTimeout, List<Duration> connectTimeouts, Duration drainTimeout, Scheduler scheduler) {
    public static final UserspaceOptions DEFAULT = new UserspaceOptions(
            Duration.ofSeconds(30),
            List.of(Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2)),
            Duration.ofSeconds(30));

    public UserspaceOptions {
        connectTimeouts = List.copyOf(connectTimeouts);
    }

    /** With endpoints in turn. */
    public UserspaceOptions(Duration udpIdleTimeout, List<Duration> connectTimeouts, Duration drainTimeout) {
        this(udpIdleTimeout, connectTimeouts, drainTimeout, Scheduler.RR);
    }

    public UserspaceOptions with(Scheduler other) {
        return new UserspaceOptions(udpIdleTimeout, connectTimeouts, drainTimeout, other);
    }
}
