// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.rollout;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/** Connections that stay open and are used in turn, without pauses, by one thread. */
final class LongLived implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private final List<Open> connections = new ArrayList<>();
    private final Map<Open, Lost> lost = new ConcurrentHashMap<>();
    private final AtomicLong asked = new AtomicLong();
    private final Thread thread;
    private volatile boolean stopped;

    private record Open(Connection connection, String pod) {}

    /** A lost connection, with the time of {@link System#nanoTime}. */
    record Lost(String pod, long nanos, Outcome outcome) {}

    /** Opens {@code each} connections from {@code from} to each of {@code addresses}. */
    LongLived(LabHost from, List<IpAddress> addresses, int each) throws IOException {
        for (int i = 0; i < each; i++) {
            for (IpAddress address : addresses) {
                Connection connection = from.caller().waiting(PATIENCE).connect(address, RolledService.SERVICE.port());
                if (!(connection.ask() instanceof Outcome.Answer answer)) {
                    throw new IOException("nobody answers at " + address);
                }
                connections.add(new Open(connection, answer.pod()));
            }
        }
        thread = Thread.ofPlatform().daemon().name("long-lived").start(this::use);
    }

    private void use() {
        while (!stopped) {
            for (Open open : connections) {
                if (!stopped && !lost.containsKey(open)) {
                    ask(open);
                }
            }
        }
    }

    private void ask(Open open) {
        Outcome outcome = open.connection().ask();
        if (outcome instanceof Outcome.Answer answer && answer.pod().equals(open.pod())) {
            asked.incrementAndGet();
        } else if (!stopped) {
            lost.put(open, new Lost(open.pod(), System.nanoTime(), outcome));
        }
    }

    int size() {
        return connections.size();
    }

    /** The number of answers by the expected Pod. */
    long asked() {
        return asked.get();
    }

    /** The number of connections of each Pod. */
    Map<String, Integer> byPod() {
        Map<String, Integer> count = new TreeMap<>();
        connections.forEach(open -> count.merge(open.pod(), 1, Integer::sum));
        return count;
    }

    List<Lost> lost() {
        return List.copyOf(lost.values());
    }

    @Override
    public void close() {
        stopped = true;
        connections.forEach(open -> open.connection().close());
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
