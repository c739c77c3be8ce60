// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.scenario;

import java.time.Duration;

/**
 * The time limits of a run on the reference machine; {@link DaemonSession} stretches them by this machine's speed.
 *
 * @param start the limit for a started daemon to be ready
 * @param settle the limit for a change to be applied, or a check to become true
 * @param answer the time after which a call without an answer counts as dropped
 * @param daemons the number of daemons that run at a time, each in its own lab
 * @param parallel the number of scenarios that share a daemon at a time
 */
public record Timing(Duration start, Duration settle, Duration answer, int daemons, int parallel) {

    /** The limits on this machine. */
    public static final Timing HOST =
            new Timing(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(2), 2, 6);

    /** The limits in the virtual machine, which has one processor. */
    public static final Timing GUEST =
            new Timing(Duration.ofSeconds(60), Duration.ofSeconds(20), Duration.ofSeconds(2), 3, 4);
}
