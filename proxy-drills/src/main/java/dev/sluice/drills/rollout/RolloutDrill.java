// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.rollout;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.jspecify.annotations.Nullable;

/**
 * A rollout in ipvs mode under load: 200 long-lived connections, endpoints replaced one by one, and a restart of the
 * daemon after each step, by {@code kill -9} and SIGTERM in turn. Argument: the drain time-out in seconds.
 *
 * <p>Exits with 1 when a connection was lost before the end of its endpoint's drain, when a new connection reached a
 * draining endpoint, when one failed, or when a drain did not end.
 */
public final class RolloutDrill implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(4);
    private static final int EACH_FAMILY = 100;
    private static final List<String> OLD = List.of("b2", "b3", "b4");
    private static final List<String> NEW = List.of("a2", "b5", "a3");
    private static final String FILE = "web.yaml";

    private final long drainSeconds;
    private final PrintStream out = System.out;
    private final TemporaryFolder folder = new TemporaryFolder("sluice-rollout");
    private final Lab lab = Lab.create();
    private final ManifestFolder manifests = new ManifestFolder(folder.path());
    private final Map<String, Long> leftAt = new LinkedHashMap<>();
    private @Nullable DaemonProcess daemon;
    private int starts;

    private RolloutDrill(long drainSeconds) {
        this.drainSeconds = drainSeconds;
    }

    public static void main(String[] arguments) throws IOException {
        long seconds = arguments.length > 0 ? Long.parseLong(arguments[0]) : 240;
        boolean good;
        try (RolloutDrill drill = new RolloutDrill(seconds)) {
            good = drill.run();
        }
        System.exit(good ? 0 : 1);
    }

    private boolean run() throws IOException {
        List<String> ready = new ArrayList<>(OLD);
        manifests.write(FILE, RolledService.yaml(ready, List.of(), drainSeconds));
        start();
        List<IpAddress> addresses =
                Stream.of(IpFamily.values()).map(RolledService.SERVICE::address).toList();
        try (LongLived open = new LongLived(lab.pod("a4"), addresses, EACH_FAMILY);
                Newcomers newcomers = new Newcomers(lab.pod("a5"), addresses)) {
            out.printf("%d connections are open: %s%n", open.size(), open.byPod());
            for (int step = 0; step < OLD.size(); step++) {
                replace(ready, OLD.get(step), NEW.get(step));
                restart(step);
            }
            out.printf(
                    "All endpoints are replaced. Lost so far: %d%n", open.lost().size());
            awaitDrains();
            return judge(open, newcomers);
        }
    }

    private void replace(List<String> ready, String old, String fresh) {
        ready.add(fresh);
        ready.remove(old);
        long begin = System.nanoTime();
        manifests.write(FILE, RolledService.yaml(ready, List.of(old), drainSeconds));
        Awaitility.await(old + " takes no new connections")
                .atMost(PATIENCE)
                .until(() -> destinations(old).stream().allMatch(line -> line.endsWith(" -w 0")));
        long now = System.nanoTime();
        leftAt.put(old, now);
        out.printf(
                Locale.ROOT,
                "%s for %s: draining after %d ms; %s%n",
                fresh,
                old,
                (now - begin) / 1_000_000,
                destinations(old));
        manifests.write(FILE, RolledService.yaml(ready, List.of(), drainSeconds));
    }

    private void restart(int step) {
        DaemonProcess running = daemon();
        if (step % 2 == 0) {
            running.kill();
        } else {
            running.terminate(PATIENCE);
        }
        start();
    }

    private void start() {
        DaemonOptions options = new DaemonOptions(
                ProxyMode.IPVS, manifests.flags(), List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        Path log = folder.resolve("daemon-" + starts++ + ".log");
        daemon = DaemonProcess.start(lab.node(), options, log).awaitReady(PATIENCE, IpFamily.values());
    }

    private void awaitDrains() {
        for (String old : OLD) {
            Awaitility.await("the drain of " + old + " has ended")
                    .atMost(PATIENCE.plusSeconds(drainSeconds))
                    .pollInterval(Duration.ofMillis(500))
                    .until(() -> destinations(old).isEmpty());
            out.printf(
                    Locale.ROOT,
                    "%s is gone %.0f s after it began to drain%n",
                    old,
                    secondsSince(old, System.nanoTime()));
        }
    }

    private double secondsSince(String pod, long nanos) {
        Long left = leftAt.get(pod);
        return left == null ? -1 : (nanos - left) / 1e9;
    }

    private boolean judge(LongLived open, Newcomers newcomers) {
        List<LongLived.Lost> early = open.lost().stream()
                .filter(lost -> secondsSince(lost.pod(), lost.nanos()) < drainSeconds)
                .toList();
        List<Newcomers.Attempt> attempts = newcomers.attempts();
        List<Newcomers.Attempt> wrong = attempts.stream()
                .filter(a -> a.outcome() instanceof Outcome.Answer answer
                        && secondsSince(answer.pod(), a.begun()) >= 0
                        && leftAt.containsKey(answer.pod()))
                .toList();
        List<Newcomers.Attempt> failed = attempts.stream()
                .filter(a -> !(a.outcome() instanceof Outcome.Answer))
                .toList();
        out.printf(
                "%d uses of the open connections were answered; %d were lost before the drain of their endpoint ended,"
                        + " %d after.%n%d new connections, %d of them to a draining endpoint, %d failed. %d starts of the"
                        + " daemon.%n",
                open.asked(),
                early.size(),
                open.lost().size() - early.size(),
                attempts.size(),
                wrong.size(),
                failed.size(),
                starts);
        early.forEach(lost -> out.println("  LOST " + secondsSince(lost.pod(), lost.nanos()) + " s: " + lost));
        wrong.forEach(a -> out.println("  TO A DRAINING ENDPOINT " + a));
        failed.forEach(a -> out.println("  FAILED " + a));
        return early.isEmpty() && wrong.isEmpty() && failed.isEmpty();
    }

    private List<String> destinations(String pod) {
        List<String> keys = Stream.of(IpFamily.values())
                .map(family -> LabAddresses.of(pod, family).withPort(8080))
                .toList();
        return lab.node()
                .run("ipvsadm", "-S", "-n")
                .orThrow()
                .lines()
                .map(String::strip)
                .filter(line ->
                        line.startsWith("-a ") && keys.stream().anyMatch(key -> line.contains(" -r " + key + " ")))
                .toList();
    }

    private DaemonProcess daemon() {
        if (daemon == null) {
            throw new IllegalStateException("the daemon was not started");
        }
        return daemon;
    }

    @Override
    public void close() {
        if (daemon != null) {
            daemon.close();
        }
        manifests.close();
        lab.close();
        folder.close();
    }
}
