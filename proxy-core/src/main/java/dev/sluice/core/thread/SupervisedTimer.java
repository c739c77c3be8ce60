// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/** A timer of one thread that logs the failures of its tasks, where those of the JDK keep them in futures. */
public final class SupervisedTimer extends ScheduledThreadPoolExecutor {
    private final String name;

    /** @param name of the thread */
    public SupervisedTimer(String name) {
        super(1, SupervisedThread.factory(name));
        this.name = name;
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
        super.afterExecute(task, thrown);
        if (task instanceof Future<?> done && done.state() == Future.State.FAILED) {
            SupervisedThread.failed(name, done.exceptionNow());
        }
    }
}
