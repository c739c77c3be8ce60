// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

/**
 * A virtual server.
 *
 * @param scheduler its name in the kernel, 1 to 15 characters
 * @param flags {@link #PERSISTENT} and the scheduler's own bits; the kernel's {@link #HASHED} is never part of it
 * @param timeoutSeconds of persistence, 0 without it
 */
public record VirtualServer(VirtualServerKey key, String scheduler, int flags, int timeoutSeconds) {
    /** A client keeps its real server for the time-out. */
    public static final int PERSISTENT = 0x1;

    /** Set by the kernel on every virtual server; ignored in comparisons. */
    public static final int HASHED = 0x2;

    /** Scheduler flag 1: sh-fallback, mh-fallback. */
    public static final int SCHED_1 = 0x8;

    /** Scheduler flag 2: sh-port, mh-port. */
    public static final int SCHED_2 = 0x10;

    public VirtualServer {
        flags &= ~HASHED;
    }
}
