package dev.sluice.testkit.takeover;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;

/** New connections all the time, by several callers in both families: connect, ask, close, and begin again. */
final class NewConnections implements AutoCloseable {
    /** Long enough for a SYN that is repeated after 1, 3 and 7 seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(12);

    private final List<Thread> threads = new ArrayList<>();
    private final Map<String, Long> failures = new TreeMap<>();
    /** When each caller began its connection under way. */
    private final List<AtomicLong> begun = new ArrayList<>();

    private final AtomicLong answered = new AtomicLong();
    private final AtomicLong slowest = new AtomicLong();
    private volatile boolean stopped;

    NewConnections(Lab lab) {
        for (IpFamily family : IpFamily.values()) {
            IpAddress service = TakeoverDrill.address(family);
            IpAddress node = LabAddresses.of(LabAddresses.NODE_A, family);
            call(lab.pod("a3"), service, TakeoverDrill.PORT);
            call(lab.node(), service, TakeoverDrill.PORT);
            call(lab.client(), node, TakeoverDrill.NODE_PORT);
        }
    }

    private void call(LabHost from, IpAddress to, int port) {
        Caller caller = from.caller().waiting(PATIENCE);
        AtomicLong mine = new AtomicLong(System.nanoTime());
        begun.add(mine);
        threads.add(Thread.ofPlatform().daemon().name("takeover-" + from.name()).start(() -> {
            while (!stopped) {
                once(caller, to, port, mine);
            }
        }));
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
            synchronized (failures) {
                failures.merge(caller.host().name() + " to " + to.withPort(port) + ": " + outcome, 1L, Long::sum);
            }
        }
    }

    long answered() {
        return answered.get();
    }

    /** The longest time that a connection took since this was asked last, those under way included: waits for their end. */
    Duration slowest() {
        long now = System.nanoTime();
        Awaitility.await("the connections under way are over")
                .atMost(PATIENCE.multipliedBy(3))
                .until(() -> begun.stream().allMatch(began -> began.get() - now > 0));
        return Duration.ofNanos(slowest.getAndSet(0));
    }

    /** How often what else than an answer came, by what it was. */
    Map<String, Long> failures() {
        synchronized (failures) {
            return Map.copyOf(failures);
        }
    }

    /** Stops; when it returns, no connection is under way. */
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
