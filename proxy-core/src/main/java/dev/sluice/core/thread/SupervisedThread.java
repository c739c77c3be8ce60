// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.thread;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes platform threads, daemons, that say when their work fails. Whatever is thrown, it either begins again or the
 * process ends: a thread that is gone while the process looks alive would leave it deaf. A failure of the virtual
 * machine itself, such as no memory, ends the process in each of them.
 */
public final class SupervisedThread {
    private static final Logger LOG = LoggerFactory.getLogger(SupervisedThread.class);
    static final Duration FIRST_PAUSE = Duration.ofSeconds(1);
    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    /** Work that ends by returning, or when its thread is interrupted. */
    @FunctionalInterface
    public interface Work {
        void run() throws Exception;
    }

    private SupervisedThread() {}

    /**
     * A thread, not started, whose work begins again after a failure: after a second, then after twice as long each
     * time, up to a minute.
     */
    public static Thread restarting(String name, Work work) {
        return restarting(name, work, FIRST_PAUSE);
    }

    static Thread restarting(String name, Work work, Duration firstPause) {
        return vital(name, () -> repeat(name, work, firstPause));
    }

    /** A thread, not started, without whose work the process is of no use: a failure ends the process. */
    public static Thread vital(String name, Runnable work) {
        return new MarkedThread(name, work, (thread, failure) -> ProcessEnd.now(thread.getName(), failure));
    }

    /** A thread, not started, for one task: a failure is logged. */
    public static Thread task(String name, Runnable task) {
        return factory(name).newThread(task);
    }

    /** Makes threads of one name for an executor, which replaces one that has failed: a failure is logged. */
    public static ThreadFactory factory(String name) {
        return work -> new MarkedThread(name, work, SupervisedThread::failed);
    }

    /** An unbounded pool of threads with this name and a number. */
    public static ExecutorService pool(String name) {
        AtomicLong number = new AtomicLong();
        return Executors.newCachedThreadPool(
                work -> new MarkedThread(name + number.getAndIncrement(), work, SupervisedThread::failed));
    }

    /** What the threads made here that live do at present. */
    public static List<ThreadActivity> activities() {
        ThreadGroup all = Thread.currentThread().getThreadGroup();
        for (ThreadGroup parent = all.getParent(); parent != null; parent = parent.getParent()) {
            all = parent;
        }
        Thread[] threads = new Thread[2 * all.activeCount() + 16];
        int count = all.enumerate(threads);
        List<ThreadActivity> activities = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            if (threads[i] instanceof MarkedThread marked) {
                activities.add(new ThreadActivity(marked, marked.progress(), marked.failure()));
            }
        }
        return activities;
    }

    /** From now on, failures that end threads of libraries are logged, too, and end the process if they are fatal. */
    public static void superviseOthers() {
        Thread.setDefaultUncaughtExceptionHandler(SupervisedThread::failed);
    }

    private static void failed(Thread thread, Throwable failure) {
        failed(thread.getName(), failure);
    }

    static void failed(String thread, Throwable failure) {
        ProcessEnd.ifFatal(thread, failure);
        LOG.atError()
                .addKeyValue("thread", thread)
                .setCause(failure)
                .log("{} failed: this is a defect of Sluice, please report it", thread);
    }

    private static void repeat(String name, Work work, Duration firstPause) {
        Duration pause = firstPause;
        while (true) {
            long begin = System.nanoTime();
            try {
                work.run();
                return;
            } catch (InterruptedException e) {
                LOG.debug("{} was interrupted", name, e);
                return;
            } catch (Throwable e) {
                ProcessEnd.ifFatal(name, e);
                if (System.nanoTime() - begin > LONGEST_PAUSE.toNanos()) {
                    pause = firstPause;
                }
                repeats(name, e, pause);
            }
            try {
                Thread.sleep(pause);
            } catch (InterruptedException e) {
                LOG.debug("{} was interrupted after a failure", name, e);
                return;
            }
            pause = next(pause);
        }
    }

    /** The work of the calling thread has failed, and begins again after {@code pause}. */
    static void repeats(String name, Throwable failure, Duration pause) {
        MarkedThread marked = MarkedThread.current();
        if (marked != null) {
            marked.failed(failure, pause, LONGEST_PAUSE);
        }
        LOG.atError()
                .addKeyValue("thread", name)
                .addKeyValue("wait", pause)
                .setCause(failure)
                .log("{} failed; its work begins again in {} ms", name, pause.toMillis());
    }

    /** The pause after one more failure. */
    static Duration next(Duration pause) {
        Duration doubled = pause.multipliedBy(2);
        return doubled.compareTo(LONGEST_PAUSE) < 0 ? doubled : LONGEST_PAUSE;
    }
}
