// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import dev.sluice.core.thread.SupervisedThread;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/**
 * Makes one page, for one client after the other, on a thread that ends when nobody has asked for a while. Each page
 * has its own, so that one which takes long holds up no other. A page may have a second thread, to refuse clients while
 * it is made for another.
 */
final class PageWorker implements AutoCloseable {
    private static final int WAITING = 8;
    private static final int KEEP_SECONDS = 10;

    private final ThreadPoolExecutor threads;

    PageWorker(String name, int atOnce) {
        threads = new ThreadPoolExecutor(
                atOnce,
                atOnce,
                KEEP_SECONDS,
                TimeUnit.SECONDS,
                new ArrayBlockingQueue<>(WAITING),
                SupervisedThread.factory(name));
        threads.allowCoreThreadTimeOut(true);
    }

    /** Runs {@code task} soon; false when too many wait already. */
    boolean offer(Runnable task) {
        try {
            threads.execute(task);
            return true;
        } catch (RejectedExecutionException e) {
            return false;
        }
    }

    /** Nobody waits for {@code task} any more: another may wait in its place. */
    void withdraw(Runnable task) {
        threads.remove(task);
    }

    @Override
    public void close() {
        threads.shutdownNow();
    }
}
