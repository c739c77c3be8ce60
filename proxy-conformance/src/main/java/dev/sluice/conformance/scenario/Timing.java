package dev.sluice.conformance.scenario;

import java.time.Duration;

/**
 * How patient a run is.
 *
 * @param start until a started daemon must be ready
 * @param settle until a change must be in force, or a check must come true
 * @param answer until a call without an answer counts as dropped
 * @param daemons how many daemons run at a time, each in a lab of its own
 * @param parallel how many scenarios share a daemon at a time
 */
public record Timing(Duration start, Duration settle, Duration answer, int daemons, int parallel) {

    /** For a machine of usual speed, with room for a busy one. */
    public static final Timing HOST =
            new Timing(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(2), 2, 6);

    /** For a machine in software emulation. */
    public static final Timing EMULATED =
            new Timing(Duration.ofMinutes(5), Duration.ofMinutes(2), Duration.ofSeconds(5), 3, 4);
}
