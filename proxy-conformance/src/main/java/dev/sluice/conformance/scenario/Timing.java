// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import java.time.Duration;

/**
 * How patient a run is on a machine of usual speed; {@link DaemonSession} stretches the times by the machine's own.
 *
 * @param start until a started daemon must be ready
 * @param settle until a change must be in force, or a check must come true
 * @param answer until a call without an answer counts as dropped
 * @param daemons how many daemons run at a time, each in a lab of its own
 * @param parallel how many scenarios share a daemon at a time
 */
public record Timing(Duration start, Duration settle, Duration answer, int daemons, int parallel) {

    /** For this machine. */
    public static final Timing HOST =
            new Timing(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(2), 2, 6);

    /** For the virtual machine, which has one processor. */
    public static final Timing GUEST =
            new Timing(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(2), 3, 4);
}
