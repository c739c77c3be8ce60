// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.repair;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;

/**
 * Traffic to one service address: a busy connection that is kept open, and one new connection after the other, on a
 * thread each.
 */
final class RepairTraffic implements AutoCloseable {
    private static final Duration PATIENCE_OPEN = Duration.ofSeconds(5);
    private static final Duration PATIENCE_NEW = Duration.ofMillis(200);
    private static final long BETWEEN_MILLIS = 5;

    private final LabHost from;
    private final IpAddress address;
    private final int port;
    private final Connection open;
    private final Thread[] threads;
    private volatile boolean stopped;
    private volatile String lost = "";
    private long asked;
    private long answered;
    private long failed;
    private long failingSince;
    private long longestOutage;

    RepairTraffic(LabHost from, IpAddress address, int port) throws IOException {
        this.from = from;
        this.address = address;
        this.port = port;
        open = from.caller().waiting(PATIENCE_OPEN).connect(address, port);
        threads = new Thread[] {
            Thread.ofPlatform().daemon().name("open-" + address).start(this::keepAsking),
            Thread.ofPlatform().daemon().name("new-" + address).start(this::keepConnecting)
        };
    }

    private void keepAsking() {
        while (!stopped) {
            Outcome outcome = open.ask();
            if (!(outcome instanceof Outcome.Answer)) {
                if (!stopped) {
                    lost = "the open connection to " + address.withPort(port) + ": " + outcome;
                }
                return;
            }
            count();
            pause();
        }
    }

    private synchronized void count() {
        asked++;
    }

    private void keepConnecting() {
        Caller caller = from.caller().waiting(PATIENCE_NEW);
        while (!stopped) {
            long begin = System.nanoTime();
            Outcome outcome = caller.tcp(address, port);
            note(begin, outcome instanceof Outcome.Answer);
            pause();
        }
    }

    private synchronized void note(long begin, boolean good) {
        if (good) {
            answered++;
            failingSince = 0;
        } else {
            failed++;
            failingSince = failingSince == 0 ? begin : failingSince;
            longestOutage = Math.max(longestOutage, System.nanoTime() - failingSince);
        }
    }

    private static void pause() {
        try {
            Thread.sleep(BETWEEN_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** How the open connection was lost; empty while it is open. */
    String lost() {
        return lost;
    }

    /** The counts since the last call. */
    synchronized Tally take() {
        Tally tally = new Tally(asked, answered, failed, TimeUnit.NANOSECONDS.toMillis(longestOutage));
        asked = 0;
        answered = 0;
        failed = 0;
        longestOutage = 0;
        return tally;
    }

    /**
     * The counts of calls.
     *
     * @param asked answers on the open connection
     * @param outageMillis the longest time in which no new connection was answered
     */
    record Tally(long asked, long answered, long failed, long outageMillis) {
        Tally plus(Tally other) {
            return new Tally(
                    Math.min(asked, other.asked),
                    answered + other.answered,
                    failed + other.failed,
                    Math.max(outageMillis, other.outageMillis));
        }
    }

    @Override
    public void close() {
        stopped = true;
        for (Thread thread : threads) {
            try {
                thread.join(PATIENCE_OPEN);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
        open.close();
    }
}
