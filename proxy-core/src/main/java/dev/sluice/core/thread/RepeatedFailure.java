// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.time.Instant;

/**
 * Failures of a thread's work, which begins again after each.
 *
 * @param since the first of them
 * @param count how many there were
 * @param cause the last one, as text
 * @param until when it counts as over unless there is another, by {@link System#nanoTime}
 */
public record RepeatedFailure(Instant since, int count, String cause, long until) {
    boolean isOver(long nanos) {
        return nanos - until >= 0;
    }
}
