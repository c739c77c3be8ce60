// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.core.net.IpFamily;
import dev.sluice.drills.gap.Tally.Verdict;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;

/**
 * New connections to Services while their objects change, one change after the other. Every Pod listens all the time,
 * even when it is no longer an endpoint, so every failure is caused by the rules.
 */
public final class GapRun implements AutoCloseable {
    private static final String FEW = "gap.yaml";
    private static final String MANY = "gap-many.yaml";
    private static final int BARRIER = 30_000;
    private static final int CROWD_BARRIER = 30_001;
    private static final int BARRIER_PORT = 1000;
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration BARRIER_PATIENCE = Duration.ofMillis(40);

    private final Lab lab;
    private final IpFamily family;
    private final ProxyUnderDrill proxy;
    private final ChangingServices choice;
    private final GapTraffic traffic;
    private final SynRetransmissions retransmissions;
    private final DirectCalls direct;
    private final Map<String, List<CallPath>> inside = new HashMap<>();
    private final Map<String, List<CallPath>> outside = new HashMap<>();
    private Map<Integer, WatchedService> inForce = new TreeMap<>();
    private WatchedService barrier;
    private WatchedService crowdBarrier;
    private int generation;
    private int changes;
    private long start = System.nanoTime();

    /**
     * @param seed determines the changes
     * @param many the size of the crowd of Services that is added and removed
     * @param perSecond new connections per second
     */
    public GapRun(Lab lab, IpFamily family, ProxyUnderDrill proxy, long seed, int many, int perSecond) {
        this.lab = lab;
        this.family = family;
        this.barrier = barrier(BARRIER, 0);
        this.crowdBarrier = barrier(CROWD_BARRIER, 0);
        this.proxy = proxy;
        this.choice = new ChangingServices(family, seed, many);
        this.retransmissions = new SynRetransmissions(List.of(lab.pod("a3"), lab.node(), lab.client()));
        this.direct = new DirectCalls(lab, family);
        this.traffic = new GapTraffic(perSecond);
    }

    /** Applies the first Services and starts the traffic. */
    public GapRun begin() throws InterruptedException {
        change(choice.first(), false);
        countAnew();
        return this;
    }

    /** Makes {@code times} changes. */
    public void change(int times) throws InterruptedException {
        for (int i = 0; i < times; i++) {
            change(choice.next(inForce), false);
            changes++;
        }
    }

    /** Kills the proxy, changes an object meanwhile, and starts the proxy again. */
    public void restart() throws InterruptedException {
        change(choice.next(inForce), true);
        changes++;
    }

    /** Runs {@code writing} {@code times} times under the same traffic, instead of changes by the proxy. */
    public void elsewhere(int times, Runnable writing) {
        for (int i = 0; i < times; i++) {
            writing.run();
            changes++;
        }
    }

    /** Resets the counts, once the connections under way have ended. */
    public void countAnew() {
        traffic.pause();
        traffic.countAnew();
        retransmissions.countAnew();
        direct.countAnew();
        changes = 0;
        start = System.nanoTime();
        traffic.goOn();
    }

    /** The counts, after waiting for the connections under way. */
    public GapCounts counts() {
        double seconds = (System.nanoTime() - start) / 1e9;
        traffic.pause();
        try {
            Tally tally = traffic.tally();
            return new GapCounts(
                    changes,
                    seconds,
                    tally.connections(),
                    retransmissions.count(),
                    direct.late(),
                    tally.count(Verdict.SLOW),
                    tally.count(Verdict.REFUSED),
                    tally.count(Verdict.LOST),
                    tally.count(Verdict.WRONG),
                    tally.count(Verdict.CUT),
                    tally.mishaps());
        } finally {
            traffic.goOn();
        }
    }

    /** While the rules change, both states are allowed; connections that start afterwards must meet the new one. */
    private void change(Map<Integer, WatchedService> next, boolean overRestart) throws InterruptedException {
        for (WatchedService before : inForce.values()) {
            WatchedService after = next.get(before.number());
            if (after == null) {
                close(inside, before);
            }
            if (before.exposed() && (after == null || !after.exposed())) {
                close(outside, before);
            }
        }
        next.forEach((number, service) -> allow(service, true));
        if (overRestart) {
            proxy.kill();
        }
        write(next);
        if (overRestart) {
            proxy.start();
        }
        awaitBarriers();
        next.forEach((number, service) -> allow(service, false));
        for (WatchedService after : next.values()) {
            open(after);
        }
        inForce = next;
    }

    private void close(Map<String, List<CallPath>> ways, WatchedService service) throws InterruptedException {
        List<CallPath> gone = ways.remove(service.name());
        if (gone != null) {
            traffic.remove(gone);
        }
    }

    private void allow(WatchedService service, boolean oldToo) {
        List<CallPath> ways = new ArrayList<>(inside.getOrDefault(service.name(), List.of()));
        ways.addAll(outside.getOrDefault(service.name(), List.of()));
        Allowance wanted = Allowance.of(service.pods());
        ways.forEach(way -> way.allow(oldToo ? way.allowance().or(wanted) : wanted));
    }

    private void open(WatchedService service) {
        if (!inside.containsKey(service.name()) && choice.isCalled(service)) {
            List<CallPath> ways = choice.blinks(service) ? service.waysForRefusals(lab) : service.waysInside(lab);
            inside.put(service.name(), ways);
            traffic.add(ways);
        } else {
            inside.putIfAbsent(service.name(), List.of());
        }
        if (service.exposed() && !outside.containsKey(service.name())) {
            List<CallPath> ways = service.waysOutside(lab);
            outside.put(service.name(), ways);
            traffic.add(ways);
        }
    }

    private void write(Map<Integer, WatchedService> next) {
        generation++;
        List<WatchedService> crowd =
                new ArrayList<>(next.values().stream().filter(choice::isOfCrowd).toList());
        List<WatchedService> crowdBefore =
                inForce.values().stream().filter(choice::isOfCrowd).toList();
        if (!crowd.equals(crowdBefore) || generation == 1) {
            crowdBarrier = barrier(CROWD_BARRIER, generation);
            crowd.add(crowdBarrier);
            proxy.write(MANY, yaml(crowd));
        }
        List<WatchedService> few = new ArrayList<>(
                next.values().stream().filter(s -> !choice.isOfCrowd(s)).toList());
        barrier = barrier(BARRIER, generation);
        few.add(barrier);
        proxy.write(FEW, yaml(few));
    }

    private static String yaml(List<WatchedService> services) {
        return services.stream().map(WatchedService::yaml).collect(Collectors.joining());
    }

    /**
     * The last object of a file, with a port that was never used before. Each file has one: the two may be read in
     * different passes.
     */
    private WatchedService barrier(int number, int used) {
        return new WatchedService(number, family, BARRIER_PORT + used, false, Set.of("b5"));
    }

    private void awaitBarriers() {
        await(crowdBarrier);
        await(barrier);
    }

    private void await(WatchedService awaited) {
        Awaitility.await("change " + generation + " is in force")
                .pollInSameThread()
                .pollDelay(Duration.ZERO)
                .pollInterval(Duration.ofMillis(10))
                .atMost(PATIENCE)
                .until(() -> {
                    try (Connection connection = lab.pod("a5")
                            .caller()
                            .waiting(BARRIER_PATIENCE)
                            .connect(awaited.clusterIp(), awaited.port())) {
                        return connection.localPort() > 0;
                    } catch (IOException e) {
                        return false;
                    }
                });
    }

    @Override
    public void close() {
        traffic.close();
        direct.close();
    }
}
