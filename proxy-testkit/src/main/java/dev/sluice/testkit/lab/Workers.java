// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import java.util.ArrayList;
import java.util.List;

/** Threads that each repeat a task until all are stopped. */
public final class Workers implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    /** Repeats {@code task} in a new thread. */
    public void repeat(String name, Runnable task) {
        threads.add(Thread.ofPlatform().daemon().name(name).start(() -> {
            while (!stopped) {
                task.run();
            }
        }));
    }

    /** Stops the threads; when it returns, no task is running. */
    @Override
    public void close() {
        stopped = true;
        try {
            for (Thread thread : threads) {
                thread.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
