// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/** New TCP connections at a steady rate, each on a random path: connect, read the Pod's name, close. */
final class GapTraffic implements AutoCloseable {
    private static final int WORKERS = 8;
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final List<CallPath> ways = new CopyOnWriteArrayList<>();
    private final List<Thread> workers = new ArrayList<>();
    private final long pauseNanos;
    private volatile Tally tally = new Tally();
    private final AtomicInteger underWay = new AtomicInteger();
    private volatile boolean paused;
    private volatile boolean stopped;

    GapTraffic(int perSecond) {
        pauseNanos = WORKERS * 1_000_000_000L / perSecond;
        for (int i = 0; i < WORKERS; i++) {
            workers.add(Thread.ofPlatform().daemon().name("gap-traffic-" + i).start(this::work));
        }
    }

    void add(List<CallPath> more) {
        ways.addAll(more);
    }

    /** Removes paths; when it returns, no connection is under way on them. */
    void remove(List<CallPath> some) throws InterruptedException {
        ways.removeAll(some);
        for (CallPath way : some) {
            way.close();
        }
    }

    /** Starts no further connection, and waits until those under way have been counted. */
    void pause() {
        paused = true;
        while (underWay.get() > 0) {
            LockSupport.parkNanos(1_000_000);
        }
    }

    void goOn() {
        paused = false;
    }

    Tally tally() {
        return tally;
    }

    /** Resets the counts. */
    void countAnew() {
        tally = new Tally();
    }

    private void work() {
        long due = System.nanoTime() + ThreadLocalRandom.current().nextLong(pauseNanos);
        while (!stopped) {
            LockSupport.parkNanos(due - System.nanoTime());
            List<CallPath> now = List.copyOf(ways);
            underWay.incrementAndGet(); // before the flag is read, so that pause() misses no connection
            try {
                if (!paused && !now.isEmpty()) {
                    attempt(now.get(ThreadLocalRandom.current().nextInt(now.size())));
                }
            } finally {
                underWay.decrementAndGet();
            }
            due = Math.max(due + pauseNanos, System.nanoTime() - 10 * pauseNanos); // do not catch up after long stalls
        }
    }

    private void attempt(CallPath way) {
        if (!way.enter()) {
            return;
        }
        try {
            Tally into = tally;
            Allowance atStart = way.allowance();
            long start = System.nanoTime();
            Outcome outcome;
            long connected;
            try (Connection connection = way.connect(PATIENCE)) {
                connected = System.nanoTime();
                outcome = connection.ask();
            } catch (IOException e) {
                connected = System.nanoTime();
                outcome = Caller.outcomeOf(e);
            }
            into.add(way, atStart.or(way.allowance()), outcome, Duration.ofNanos(connected - start));
        } finally {
            way.leave();
        }
    }

    /** Stops; when it returns, no connection is under way. */
    @Override
    public void close() {
        stopped = true;
        try {
            for (Thread worker : workers) {
                worker.join();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
