// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.otherproxy;

import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.linux.socket.LocalSocket;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A name of the lock that this process holds, and the thread that answers who asks. */
final class HeldName {
    private static final Logger LOG = LoggerFactory.getLogger(HeldName.class);

    private static final Duration POLL = Duration.ofMinutes(1);
    private static final Duration PAUSE = Duration.ofMillis(100);
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final LocalSocket listener;
    private final Supplier<String> line;
    private final Thread thread;
    private volatile boolean released;

    /** @param line the answer at the moment */
    HeldName(LocalSocket listener, Supplier<String> line) {
        this.listener = listener;
        this.line = line;
        thread = SupervisedThread.restarting("sluice-lock", this::answer);
        thread.start();
    }

    private void answer() throws InterruptedException {
        while (!released) {
            long begin = System.nanoTime();
            Optional<LocalSocket> peer = listener.accept(POLL);
            if (peer.isPresent()) {
                try (LocalSocket asking = peer.get()) {
                    asking.sendText(line.get());
                }
            } else if (!released && System.nanoTime() - begin < PAUSE.toNanos()) {
                // a foreign user's connection, or no descriptor left
                Thread.sleep(PAUSE);
            }
        }
    }

    /** Frees the name. */
    void release() {
        released = true;
        try {
            listener.end();
            if (!thread.join(PATIENCE)) {
                LOG.warn("the thread that answers for the lock has not ended");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        listener.close();
    }
}
