// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Failures;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.Workers;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** New TCP connections, datagrams, and requests over one connection that stays open, without a longer pause. */
final class SteadyTraffic implements AutoCloseable {
    static final IpAddress TCP = IpAddress.of("10.96.0.60");
    static final int TCP_PORT = 80;
    static final IpAddress UDP = IpAddress.of("10.96.0.10");
    static final int UDP_PORT = 53;

    private static final Duration PACE = Duration.ofMillis(25);
    private final Caller caller;
    private final Workers workers = new Workers();
    private final Failures lost = new Failures();
    private final AtomicLong answered = new AtomicLong();
    private final Map<String, AtomicLong> ended = new ConcurrentHashMap<>();
    private @Nullable Connection open;

    /** @param patience the wait after which a call is lost */
    SteadyTraffic(Lab lab, Duration patience) {
        caller = lab.pod("a3").caller().waiting(patience);
        repeat("new connection", () -> caller.tcp(TCP, TCP_PORT));
        repeat("datagram", () -> caller.udp(UDP, UDP_PORT));
        repeat("open connection", this::askOpen);
    }

    private void repeat(String what, Supplier<Outcome> call) {
        AtomicLong calls = new AtomicLong();
        ended.put(what, calls);
        workers.repeat("traffic-" + what, () -> {
            count(what, call.get());
            calls.incrementAndGet();
        });
    }

    private Outcome askOpen() {
        try {
            if (open == null) {
                open = caller.connect(TCP, TCP_PORT);
            }
            Outcome outcome = open.ask();
            if (!(outcome instanceof Outcome.Answer)) {
                open.close();
                open = null;
            }
            return outcome;
        } catch (IOException e) {
            return Caller.outcomeOf(e);
        }
    }

    private void count(String what, Outcome outcome) {
        if (outcome instanceof Outcome.Answer) {
            answered.incrementAndGet();
        } else {
            lost.add(what + " " + outcome);
        }
        LockSupport.parkNanos(PACE.toNanos());
    }

    /** How many calls were answered. */
    long answered() {
        return answered.get();
    }

    /** How many calls of each kind have ended, answered or not. */
    Map<String, Long> ended() {
        Map<String, Long> now = new TreeMap<>();
        ended.forEach((what, calls) -> now.put(what, calls.get()));
        return now;
    }

    /** The calls that were not answered. */
    Failures lost() {
        return lost;
    }

    @Override
    public void close() {
        workers.close();
        if (open != null) {
            open.close();
        }
    }
}
