// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.container.NodePod;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.NewConnections;
import dev.sluice.testkit.lab.NewConnections.Call;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Replaces a Pod by the next one under traffic: new connections without pause, and one that stays open. */
final class UpgradeRun {
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    /** A SYN that is dropped while userspace mode holds connections is repeated after 1, 3, 7, 15 and 31 s. */
    private static final Duration CALL_PATIENCE = Duration.ofSeconds(40);
    /** So long userspace mode holds connections for a successor, less what the repetitions take. */
    private static final Duration HELD = Duration.ofSeconds(15);

    private static final String TAKEN_OVER = "took over from process";
    private static final int CALLS_AFTERWARDS = 200;
    private static final int ATTEMPTS = 3;
    private final PodSite site;

    /** The Pod that runs now, and what was seen. */
    record Upgraded(NodePod pod, String row, Duration took, long lost) {}

    UpgradeRun(PodSite site) {
        this.site = site;
    }

    /** As a DaemonSet without surge does it: the next Pod is created when the last one has ended. */
    Upgraded endThenStart(NodePod old) throws IOException {
        Upgraded upgraded = site.mode().isCarriedByKernel() ? withOpenConnection(old) : whileHeld(old);
        assertThat(upgraded.lost()).as(upgraded.row()).isZero();
        return upgraded;
    }

    private Upgraded withOpenConnection(NodePod old) throws IOException {
        try (Connection open = connect()) {
            Upgraded upgraded = upgrade("ended, then the next started", () -> next(old));
            assertThat(open.ask()).as("a connection opened before").isInstanceOf(Outcome.Answer.class);
            return upgraded;
        }
    }

    /** Userspace mode holds new connections for a while; where a Pod takes longer to start, tries again. */
    private Upgraded whileHeld(NodePod running) throws IOException {
        Upgraded upgraded = upgrade("ended, then the next started", () -> next(running));
        for (int i = 1; i < ATTEMPTS && upgraded.lost() > 0 && upgraded.took().compareTo(HELD) > 0; i++) {
            NodePod last = upgraded.pod();
            upgraded = upgrade("ended, then the next started", () -> next(last));
        }
        return upgraded;
    }

    private NodePod next(NodePod old) {
        old.terminate();
        return site.start().awaitReady(PATIENCE);
    }

    /** As a DaemonSet with a surge would, if the ports let it: the last Pod ends when the next one has taken over. */
    Upgraded startThenEnd(NodePod old) throws IOException {
        Upgraded upgraded = upgrade("started beside it, then the last ended", () -> nextBeside(old));
        assertThat(upgraded.lost()).as(upgraded.row()).isZero();
        return upgraded;
    }

    private NodePod nextBeside(NodePod old) throws IOException {
        NodePod next;
        try (Connection open = connect()) {
            next = site.start();
            Attempts.untilTrue(
                    PATIENCE, TAKEN_OVER, () -> next.daemon().logText().contains(TAKEN_OVER));
            assertThat(open.ask()).as("a connection opened before").isInstanceOf(Outcome.Answer.class);
        }
        old.terminate();
        return next.awaitReady(PATIENCE);
    }

    private Connection connect() throws IOException {
        return lab().pod("a3").caller().connect(SmokeTraffic.WEB.address(IpFamily.IPV4), SmokeTraffic.WEB.port());
    }

    private interface Replacement {
        NodePod run() throws IOException;
    }

    private Upgraded upgrade(String how, Replacement replacement) throws IOException {
        NewConnections load = new NewConnections(calls(), CALL_PATIENCE);
        NodePod next;
        Duration took;
        Duration slowest;
        try (load) {
            long begin = System.nanoTime();
            next = replacement.run();
            took = Duration.ofNanos(System.nanoTime() - begin);
            long before = load.answered();
            Attempts.untilTrue(PATIENCE, "traffic", () -> load.answered() - before > CALLS_AFTERWARDS);
            slowest = load.slowest();
        }
        String row = String.format(
                Locale.ROOT,
                "%s, in %.1f s | new connections: %d answered, %d lost %s, slowest %.1f s",
                how,
                took.toMillis() / 1e3,
                load.answered(),
                load.failures().total(),
                load.failures(),
                slowest.toMillis() / 1e3);
        return new Upgraded(next, row, took, load.failures().total());
    }

    private Lab lab() {
        return site.lab();
    }

    private List<Call> calls() {
        Lab lab = lab();
        return Stream.of(IpFamily.values())
                .flatMap(family -> Stream.of(
                        new Call(lab.pod("a3"), SmokeTraffic.WEB.address(family), SmokeTraffic.WEB.port()),
                        new Call(lab.client(), lab.node().address(family), SmokeTraffic.NODE_PORT)))
                .toList();
    }
}
