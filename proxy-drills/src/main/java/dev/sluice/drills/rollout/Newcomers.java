// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.rollout;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** New connections one after the other, to several addresses in turn, by one thread. */
final class Newcomers implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final LabHost from;
    private final List<IpAddress> addresses;
    private final List<Attempt> attempts = new ArrayList<>();
    private final Thread thread;
    private volatile boolean stopped;

    /** A connection, with its begin by {@link System#nanoTime}. */
    record Attempt(long begun, Outcome outcome) {}

    Newcomers(LabHost from, List<IpAddress> addresses) {
        this.from = from;
        this.addresses = List.copyOf(addresses);
        thread = Thread.ofPlatform().daemon().name("newcomers").start(this::work);
    }

    private void work() {
        for (int i = 0; !stopped; i++) {
            long begun = System.nanoTime();
            Outcome outcome = from.caller()
                    .waiting(PATIENCE)
                    .tcp(addresses.get(i % addresses.size()), RolledService.SERVICE.port());
            synchronized (attempts) {
                attempts.add(new Attempt(begun, outcome));
            }
        }
    }

    List<Attempt> attempts() {
        synchronized (attempts) {
            return List.copyOf(attempts);
        }
    }

    @Override
    public void close() {
        stopped = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
