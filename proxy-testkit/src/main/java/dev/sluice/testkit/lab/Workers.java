// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import java.util.ArrayList;
import java.util.List;

/** Threads that each do something over and over, until all are stopped. */
public final class Workers implements AutoCloseable {
    private final List<Thread> threads = new ArrayList<>();
    private volatile boolean stopped;

    /** Begins to run {@code task} again and again in a thread of its own. */
    public void repeat(String name, Runnable task) {
        threads.add(Thread.ofPlatform().daemon().name(name).start(() -> {
            while (!stopped) {
                task.run();
            }
        }));
    }

    /** Stops; when it returns, no task is under way. */
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
