// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import io.netty.channel.EventLoop;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Ends the connects of one event loop that take too long, up to {@value #TICK_MILLIS} ms late: with a timer for each
 * connect the kernel's would be set anew for nearly every connection.
 */
final class ConnectTimer implements Runnable {
    private static final long TICK_MILLIS = 20;

    private final EventLoop loop;
    private final List<TcpRelay> waiting = new ArrayList<>();
    private final List<TcpRelay> late = new ArrayList<>();
    private boolean running;

    ConnectTimer(EventLoop loop) {
        this.loop = loop;
    }

    /** Watches a relay until its connect has ended. */
    void add(TcpRelay relay) {
        waiting.add(relay);
        runLater();
    }

    private void runLater() {
        if (!running) {
            running = true;
            var _ = loop.schedule(this, TICK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    @Override
    public void run() {
        running = false;
        long now = System.nanoTime();
        int kept = 0;
        for (int i = 0; i < waiting.size(); i++) {
            TcpRelay relay = waiting.get(i);
            if (relay.isLate(now)) {
                late.add(relay);
            } else if (relay.isConnecting()) {
                waiting.set(kept++, relay);
            }
        }
        waiting.subList(kept, waiting.size()).clear();
        if (kept > 0) {
            runLater();
        }
        for (TcpRelay relay : late) { // each may begin its next attempt, and be added again
            SupervisedLoops.guard(() -> relay.connectTooLate(now), relay::abort);
        }
        late.clear();
    }
}
