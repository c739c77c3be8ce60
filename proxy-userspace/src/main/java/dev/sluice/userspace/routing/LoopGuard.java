// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.userspace.balance.Upstream;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Recognizes connections that go round between nodes: a Service whose endpoint is a portal of another node, whose
 * endpoint is again a portal of this one. Each round is another connection here, and none of them is ever answered. On
 * one node the mark ends that; between nodes nothing of a connection shows where it has been.
 */
final class LoopGuard {
    /** As many connections must be open, and as many must have begun without an answer in between. */
    static final int MANY = 512;

    private final AtomicLong answered = new AtomicLong();
    private final AtomicInteger unanswered = new AtomicInteger();

    /** Whether {@code next} has so many connections that it is worth a look. */
    static boolean isBusy(Upstream next) {
        return next.open() >= MANY;
    }

    /**
     * Notes one more connection; returns whether it and those before it seem to go round. That is said of one, whose
     * reset ends all before it, and then only after as many more: they may be silent clients, which must keep nobody
     * else out.
     *
     * @param bytesOut what the endpoints of the service port have sent up to now
     */
    boolean goesRound(long bytesOut) {
        if (answered.getAndSet(bytesOut) != bytesOut) {
            unanswered.set(0);
        }
        if (unanswered.incrementAndGet() <= MANY) {
            return false;
        }
        unanswered.set(0);
        return true;
    }
}
