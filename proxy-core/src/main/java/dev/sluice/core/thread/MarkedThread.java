// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/** A thread that carries what it is busy with, so that nobody has to keep a list of threads. */
final class MarkedThread extends Thread {
    private volatile @Nullable Progress progress;
    private volatile @Nullable RepeatedFailure failure;

    MarkedThread(String name, Runnable work, UncaughtExceptionHandler handler) {
        super(work, name);
        setDaemon(true);
        setUncaughtExceptionHandler(handler);
    }

    /** The calling thread, null when it was made elsewhere. */
    static @Nullable MarkedThread current() {
        return Thread.currentThread() instanceof MarkedThread marked ? marked : null;
    }

    @Nullable
    Progress progress() {
        return progress;
    }

    void progress(@Nullable Progress now) {
        progress = now;
    }

    /** The failures of its work, null when it has gone well for a while. */
    @Nullable
    RepeatedFailure failure() {
        RepeatedFailure last = failure;
        return last == null || last.isOver(System.nanoTime()) ? null : last;
    }

    /** Its work has failed, and begins again after {@code pause}; it counts as healthy {@code trial} later. */
    void failed(Throwable cause, Duration pause, Duration trial) {
        RepeatedFailure before = failure();
        failure = new RepeatedFailure(
                before == null ? Instant.now() : before.since(),
                before == null ? 1 : before.count() + 1,
                cause.toString(),
                System.nanoTime() + pause.plus(trial).toNanos());
    }
}
