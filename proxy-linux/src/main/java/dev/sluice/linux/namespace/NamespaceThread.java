// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.namespace;

import dev.sluice.core.thread.SupervisedThread;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** The platform thread that lives in a namespace and runs tasks for other threads. */
final class NamespaceThread {
    private final ExecutorService executor;
    private volatile @Nullable Thread thread;

    NamespaceThread(String name) {
        executor = new ThreadPoolExecutor(1, 1, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
            Thread made = SupervisedThread.task(name, task);
            thread = made;
            return made;
        });
    }

    // the exception of a Task<T, E> is an E or unchecked
    @SuppressWarnings("unchecked")
    <T, E extends Exception> T call(NetworkNamespace.Task<T, E> task) throws E {
        if (Thread.currentThread() == thread) {
            return task.call();
        }
        Callable<T> callable = task::call;
        Future<T> future = executor.submit(callable);
        try {
            return future.get();
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case RuntimeException exception -> throw exception;
                case Error error -> throw error;
                case Exception exception -> throw (E) exception;
                case null, default -> throw new IllegalStateException(e);
            }
        } catch (InterruptedException e) {
            future.cancel(true);
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while a task ran in a network namespace", e);
        }
    }

    boolean isClosed() {
        return executor.isShutdown();
    }

    /** Interrupts a running task; ends the thread. */
    void close() {
        executor.shutdownNow();
    }
}
