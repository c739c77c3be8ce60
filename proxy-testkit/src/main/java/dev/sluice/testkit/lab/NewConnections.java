// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** New connections without pause, by several callers: connect, send one request, close, and begin again. */
public final class NewConnections implements AutoCloseable {
    private final Duration patience;
    private final Workers workers = new Workers();
    private final Failures failures = new Failures();
    /** The begin of each caller's connection under way. */
    private final List<AtomicLong> begun = new ArrayList<>();

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();

    /** Who calls what. */
    public record Call(LabHost from, IpAddress to, int port) {}

    /** @param patience the time after which a call counts as failed; a SYN is repeated after 1, 3, 7 and 15 s */
    public NewConnections(List<Call> calls, Duration patience) {
        this.patience = patience;
        for (Call call : calls) {
            AtomicLong mine = new AtomicLong(System.nanoTime());
            begun.add(mine);
            Caller caller = call.from().caller().waiting(patience);
            workers.repeat("calls-" + call.from().name(), () -> once(caller, call, mine));
        }
    }

    private void once(Caller caller, Call call, AtomicLong begins) {
        long start = System.nanoTime();
        begins.set(start);
        Outcome outcome = caller.tcp(call.to(), call.port());
        slowest.accumulateAndGet(System.nanoTime() - start, Math::max);
        if (outcome instanceof Outcome.Answer) {
            answered.incrementAndGet();
        } else {
            failures.add(call.from().name() + " to " + call.to().withPort(call.port()) + ": " + outcome);
        }
    }

    public long answered() {
        return answered.get();
    }

    /**
     * The longest time of a connection since the last call of this method, those under way included, whose end it waits
     * for.
     */
    public Duration slowest() {
        long now = System.nanoTime();
        Awaitility.await("the connections under way are over")
                .atMost(patience.multipliedBy(3))
                .until(() -> begun.stream().allMatch(began -> began.get() - now > 0));
        return Duration.ofNanos(slowest.getAndSet(0));
    }

    /** The counts of outcomes other than an answer. */
    public Failures failures() {
        return failures;
    }

    /** Stops; when it returns, no connection is under way. */
    @Override
    public void close() {
        workers.close();
    }
}
