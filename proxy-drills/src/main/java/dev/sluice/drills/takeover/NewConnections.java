// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.takeover;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Failures;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.Workers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/**
 * New connections without pause, by several callers in both families: connect, send one request, close, and begin
 * again.
 */
final class NewConnections implements AutoCloseable {
    /** Long enough for a SYN that is repeated after 1, 3 and 7 seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(12);

    private final Workers workers = new Workers();
    private final Failures failures = new Failures();
    /** The begin of each caller's connection under way. */
    private final List<AtomicLong> begun = new ArrayList<>();

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();

    NewConnections(Lab lab) {
        for (IpFamily family : IpFamily.values()) {
            IpAddress service = TakeoverDrill.SERVICE.address(family);
            IpAddress node = LabAddresses.of(LabAddresses.NODE_A, family);
            call(lab.pod("a3"), service, TakeoverDrill.SERVICE.port());
            call(lab.node(), service, TakeoverDrill.SERVICE.port());
            call(lab.client(), node, TakeoverDrill.NODE_PORT);
        }
    }

    private void call(LabHost from, IpAddress to, int port) {
        Caller caller = from.caller().waiting(PATIENCE);
        AtomicLong mine = new AtomicLong(System.nanoTime());
        begun.add(mine);
        workers.repeat("takeover-" + from.name(), () -> once(caller, to, port, mine));
    }

    private void once(Caller caller, IpAddress to, int port, AtomicLong begins) {
        long start = System.nanoTime();
        begins.set(start);
        Outcome outcome;
        try (Connection connection = caller.connect(to, port)) {
            outcome = connection.ask();
        } catch (IOException e) {
            outcome = Caller.outcomeOf(e);
        }
        slowest.accumulateAndGet(System.nanoTime() - start, Math::max);
        if (outcome instanceof Outcome.Answer) {
            answered.incrementAndGet();
        } else {
            failures.add(caller.host().name() + " to " + to.withPort(port) + ": " + outcome);
        }
    }

    long answered() {
        return answered.get();
    }

    /**
     * The longest time of a connection since the last call of this method, those under way included, whose end it waits
     * for.
     */
    Duration slowest() {
        long now = System.nanoTime();
        Awaitility.await("the connections under way are over")
                .atMost(PATIENCE.multipliedBy(3))
                .until(() -> begun.stream().allMatch(began -> began.get() - now > 0));
        return Duration.ofNanos(slowest.getAndSet(0));
    }

    /** The counts of outcomes other than an answer. */
    Failures failures() {
        return failures;
    }

    /** Stops; when it returns, no connection is under way. */
    @Override
    public void close() {
        workers.close();
    }
}
