// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import java.time.Duration;

/**
 * The delays of watching a directory.
 *
 * @param quiet how long no file may change before a change is read: editors and {@code cp} write in steps
 * @param grace how long a file must stay invalid, or empty after having held objects, before that is accepted
 * @param rescan how often the directory is scanned even when the kernel reports nothing
 */
record WatchTiming(Duration quiet, Duration grace, Duration rescan) {
    static final WatchTiming STANDARD =
            new WatchTiming(Duration.ofMillis(100), Duration.ofMillis(500), Duration.ofSeconds(2));
}
