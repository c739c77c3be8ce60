// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.time.Duration;
import java.util.concurrent.Future;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledFuture;
import java.util.concurrent.ScheduledThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A timer of one thread. A task that fails is run again, after a second, then after twice as long each time, up to a
 * minute: those of the JDK keep the failure in a future, and what the task should have scheduled never comes.
 */
public final class SupervisedTimer extends ScheduledThreadPoolExecutor {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisedTimer.class);
    private static final Duration LIMIT = Duration.ofMinutes(5);

    private final String name;
    private final Duration firstPause;
    private @Nullable Progress running;

    /** @param name of the thread */
    public SupervisedTimer(String name) {
        this(name, SupervisedThread.FIRST_PAUSE);
    }

    SupervisedTimer(String name, Duration firstPause) {
        super(1, SupervisedThread.factory(name));
        this.name = name;
        this.firstPause = firstPause;
    }

    /** Those that run at once come here too; the future is done after the first run. */
    @Override
    public ScheduledFuture<?> schedule(Runnable task, long delay, TimeUnit unit) {
        return super.schedule(new Repeated(task, firstPause), delay, unit);
    }

    private void later(Repeated task, Duration pause) {
        try {
            var _ = super.schedule(task, pause.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debug("{} is closed", name, e);
        }
    }

    /** A task, until it succeeds. */
    private final class Repeated implements Runnable {
        private final Runnable task;
        private Duration pause;

        Repeated(Runnable task, Duration pause) {
            this.task = task;
            this.pause = pause;
        }

        @Override
        public void run() {
            try {
                task.run();
            } catch (Throwable e) {
                ProcessEnd.ifFatal(name, e);
                SupervisedThread.repeats(name, e, pause);
                later(this, pause);
                pause = SupervisedThread.next(pause);
            }
        }
    }

    @Override
    protected void beforeExecute(Thread thread, Runnable task) {
        running = Progress.begin(Progress.Need.USEFUL, "a task", LIMIT);
        super.beforeExecute(thread, task);
    }

    /** Logs the failures of the other tasks, whose caller has their future. */
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
