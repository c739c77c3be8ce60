// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import org.jspecify.annotations.Nullable;

/** A timer of one thread that logs the failures of its tasks, where those of the JDK keep them in futures. */
public final class SupervisedTimer extends ScheduledThreadPoolExecutor {
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final String name;
    private @Nullable Progress running;

    /** @param name of the thread */
    public SupervisedTimer(String name) {
        super(1, SupervisedThread.factory(name));
        this.name = name;
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        running = Progress.begin(Progress.Need.USEFUL, "a task", LIMIT);
        super.beforeExecute(thread, task);
    }

    @Override
    protected void afterExecute(Runnable task, @Nullable Throwable thrown) {
        if (running != null) {
            running.close();
        }
        super.afterExecute(task, thrown);
        if (task instanceof Future<?> done && done.state() == Future.State.FAILED) {
            SupervisedThread.failed(name, done.exceptionNow());
        }
    }
}
