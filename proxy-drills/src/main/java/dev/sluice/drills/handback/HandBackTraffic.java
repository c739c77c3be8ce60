// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.handback;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.Workers;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.locks.LockSupport;

/**
 * Traffic without pause in both families: new TCP connections from a Pod, from the node and from outside, datagrams of
 * a Pod from new ports, and connections of a Pod and of the outside client that stay open.
 */
final class HandBackTraffic implements AutoCloseable {
    /** Long enough for a SYN that is repeated after 1, 3 and 7 seconds. */
    private static final Duration PATIENCE = Duration.ofSeconds(12);

    private static final Duration DATAGRAM_PATIENCE = Duration.ofSeconds(2);
    private static final long PAUSE = Duration.ofMillis(4).toNanos();
    private static final int OPEN_EACH = 5;

    private final Lab lab;
    private final Workers workers = new Workers();
    private final List<Connection> open = new ArrayList<>();
    private final Map<String, Integer> mishaps = new TreeMap<>();
    private long begin = System.nanoTime();
    private long connections;
    private long failed;
    private long slowest;
    private long datagrams;
    private long lostDatagrams;
    private long uses;
    private long cut;

    HandBackTraffic(Lab lab) throws IOException {
        this.lab = lab;
        for (IpFamily family : IpFamily.values()) {
            IpAddress service = HandedService.address(family);
            IpAddress node = LabAddresses.of(LabAddresses.NODE_A, family);
            connect(lab.pod("a3"), service, HandedService.TCP_PORT);
            connect(lab.node(), service, HandedService.TCP_PORT);
            connect(lab.client(), node, HandedService.NODE_PORT);
            Caller datagrams = lab.pod("a4").caller().waiting(DATAGRAM_PATIENCE);
            workers.repeat("udp-" + family, () -> datagram(datagrams, service));
        }
        keepOpen();
    }

    /** Opens connections that go through the proxy of now, and uses them from now on. */
    void keepOpen() throws IOException {
        for (IpFamily family : IpFamily.values()) {
            keepOpen(lab.pod("a5"), HandedService.address(family), HandedService.TCP_PORT);
            keepOpen(lab.client(), LabAddresses.of(LabAddresses.NODE_A, family), HandedService.NODE_PORT);
        }
    }

    private void connect(LabHost from, IpAddress to, int port) {
        Caller caller = from.caller().waiting(PATIENCE);
        workers.repeat("new-" + from.name() + "-" + to, () -> {
            long start = System.nanoTime();
            Outcome outcome = caller.tcp(to, port);
            connected(from.name() + " to " + to.withPort(port), outcome, System.nanoTime() - start);
            LockSupport.parkNanos(PAUSE);
        });
    }

    private synchronized void connected(String way, Outcome outcome, long nanos) {
        if (outcome instanceof Outcome.Answer) {
            connections++;
            slowest = Math.max(slowest, nanos);
        } else {
            failed++;
            mishaps.merge(way + ": " + outcome, 1, Integer::sum);
        }
    }

    private void datagram(Caller caller, IpAddress to) {
        Outcome outcome = caller.udp(to, HandedService.UDP_PORT);
        synchronized (this) {
            if (outcome instanceof Outcome.Answer) {
                datagrams++;
            } else {
                lostDatagrams++;
                mishaps.merge("UDP to " + to + ": " + outcome, 1, Integer::sum);
            }
        }
        LockSupport.parkNanos(PAUSE);
    }

    private void keepOpen(LabHost from, IpAddress to, int port) throws IOException {
        List<Connection> mine = new ArrayList<>();
        for (int i = 0; i < OPEN_EACH; i++) {
            mine.add(from.caller().waiting(PATIENCE).connect(to, port));
        }
        open.addAll(mine);
        workers.repeat("open-" + from.name() + "-" + to, () -> {
            mine.removeIf(connection -> !isAnswered(connection, from.name() + " to " + to.withPort(port)));
            LockSupport.parkNanos(PAUSE);
        });
    }

    private boolean isAnswered(Connection connection, String way) {
        Outcome outcome = connection.ask();
        synchronized (this) {
            if (outcome instanceof Outcome.Answer) {
                uses++;
                return true;
            }
            cut++;
            mishaps.merge("open, " + way + ": " + outcome, 1, Integer::sum);
            return false;
        }
    }

    /** The counts since the last call. */
    synchronized PhaseCounts take(String phase) {
        long now = System.nanoTime();
        PhaseCounts counts = new PhaseCounts(
                phase,
                Duration.ofNanos(now - begin),
                connections,
                failed,
                Duration.ofNanos(slowest),
                datagrams,
                lostDatagrams,
                uses,
                cut,
                mishaps.entrySet().stream()
                        .map(mishap -> mishap.getValue() + " x " + mishap.getKey())
                        .toList());
        mishaps.clear();
        begin = now;
        connections = failed = slowest = datagrams = lostDatagrams = uses = cut = 0;
        return counts;
    }

    /** Stops; when it returns, no call is under way. */
    @Override
    public void close() {
        workers.close();
        open.forEach(Connection::close);
    }
}
