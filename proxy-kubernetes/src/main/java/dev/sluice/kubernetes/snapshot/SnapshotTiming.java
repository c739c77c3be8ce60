// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.time.Duration;

/**
 * The durations of a snapshot.
 *
 * @param patience so long after its start the API server may take to list a kind before the snapshot stands in
 * @param settle so long a first change waits for others before it is written
 * @param pause the least time between two writes
 * @param end so long the last write may take when the daemon ends
 */
public record SnapshotTiming(Duration patience, Duration settle, Duration pause, Duration end) {

    /**
     * The durations of a daemon. After a reboot 3 s are short beside the boot; a server in good order has listed by
     * then, and the list of a slower one corrects what the snapshot said. The last write is a part of a stop that takes
     * less than 2 s.
     */
    public static final SnapshotTiming OF_A_DAEMON = new SnapshotTiming(
            Duration.ofSeconds(3), Duration.ofSeconds(1), Duration.ofSeconds(10), Duration.ofMillis(500));
}
