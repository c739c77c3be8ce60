// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;

/**
 * Connections from a Pod to Pods by their own addresses, which no rule of a Service touches, all the time. One that
 * waits long shows that the machine did not process packets: SYNs are then sent again whatever the rules are.
 */
final class DirectCalls implements AutoCloseable {
    /** Half of the time after which a SYN is sent again. */
    static final Duration LONG = Duration.ofMillis(500);

    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long PAUSE = 25_000_000;

    private final AtomicInteger late = new AtomicInteger();
    private final List<Thread> threads;
    private volatile boolean stopped;

    /** Calls from a Pod whose SYNs are not counted to one of the same node, and to one elsewhere. */
    DirectCalls(Lab lab, IpFamily family) {
        LabHost from = lab.pod("a5");
        threads = List.of("a2", "b2").stream()
                .map(pod -> Thread.ofPlatform()
                        .daemon()
                        .name("direct-calls-" + pod)
                        .start(() -> call(from, LabAddresses.of(pod, family))))
                .toList();
    }

    void countAnew() {
        late.set(0);
    }

    /** How many had to wait. */
    int late() {
        return late.get();
    }

    private void call(LabHost from, IpAddress pod) {
        while (!stopped) {
            long start = System.nanoTime();
            try (Connection _ = from.caller().waiting(PATIENCE).connect(pod, Lab.TCP_PORTS.getFirst())) {
                if (System.nanoTime() - start >= LONG.toNanos()) {
                    late.incrementAndGet();
                }
            } catch (IOException e) {
                late.incrementAndGet();
            }
            LockSupport.parkNanos(PAUSE);
        }
    }

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
