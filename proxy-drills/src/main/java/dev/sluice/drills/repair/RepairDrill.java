// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.repair;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LegacyTools;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.stream.Stream;

/**
 * Flushes and edits the proxy's rules under traffic, and prints how long their repair took. Arguments: {@code nft} or
 * {@code legacy} for iptables mode, or {@code nftables} for that mode; the number of strikes; a seed. Exits with 1 when
 * a repair took more than a second or an open connection was lost.
 */
public final class RepairDrill {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final long GIVE_UP_NANOS = Duration.ofSeconds(20).toNanos();
    private static final long LIMIT_MILLIS = 1000;
    private static final int SERVICES = 100;

    private final String variant;
    private final int strikes;
    private final long seed;
    private final PrintStream out;

    private RepairDrill(String variant, int strikes, long seed, PrintStream out) {
        this.variant = variant;
        this.strikes = strikes;
        this.seed = seed;
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException, InterruptedException {
        String variant = arguments.length > 0 ? arguments[0] : "nft";
        if (!List.of("nft", "legacy", "nftables").contains(variant)) {
            System.err.println("usage: drill repair [nft|legacy|nftables] [STRIKES] [SEED]");
            System.exit(2);
        }
        int strikes = arguments.length > 1 ? Integer.parseInt(arguments[1]) : 20;
        long seed = arguments.length > 2 ? Long.parseLong(arguments[2]) : 1;
        System.exit(new RepairDrill(variant, strikes, seed, System.out).run() ? 0 : 1);
    }

    private boolean run() throws IOException, InterruptedException {
        Path folder = Files.createTempDirectory("sluice-drill");
        try (Lab lab = lab(folder)) {
            Path manifests = manifests(folder);
            DaemonOptions options = new DaemonOptions(
                    variant.equals("nftables") ? ProxyMode.NFTABLES : ProxyMode.IPTABLES,
                    List.of("--manifests", manifests.toString()),
                    List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            Path log = folder.resolve("daemon.log");
            try (DaemonProcess daemon =
                            DaemonProcess.start(lab.node(), options, log).awaitReady(PATIENCE, IpFamily.values());
                    RepairTraffic v4 = new RepairTraffic(lab.pod("a4"), IpAddress.of("10.96.0.60"), 80);
                    RepairTraffic v6 = new RepairTraffic(lab.pod("a4"), IpAddress.of("fd00:96::60"), 80)) {
                boolean good = drill(lab, List.of(v4, v6));
                out.println("\nWhat the daemon says of it:");
                daemon.logText()
                        .lines()
                        .filter(line -> line.contains("rules of the proxy"))
                        .forEach(line -> out.println("  " + line));
                return good;
            }
        } finally {
            delete(folder);
        }
    }

    private Lab lab(Path folder) {
        return variant.equals("legacy") ? Lab.create(LegacyTools.linkInto(folder.resolve("tools"))) : Lab.create();
    }

    private Damage damage(Lab lab) {
        return variant.equals("nftables")
                ? new TableDamage(lab.node(), new Random(seed))
                : new RuleDamage(lab.node(), new Random(seed), variant.equals("nft"));
    }

    private boolean drill(Lab lab, List<RepairTraffic> traffic) throws InterruptedException {
        Damage damage = damage(lab);
        out.printf(
                Locale.ROOT,
                "%s, %d rules of the proxy, seed %d. Traffic in both families while somebody strikes %d"
                        + " times.%n%n",
                variant.equals("nftables") ? "nftables mode" : variant + " variant",
                damage.size(),
                seed,
                strikes);
        out.printf("%-3s %9s %10s %15s  %s%n", "", "repaired", "open", "new", "what somebody did");
        long slowest = 0;
        boolean good = true;
        for (int strike = 1; strike <= strikes; strike++) {
            Thread.sleep(1200); // a repair within a second of another may be delayed: see RepairPace
            traffic.forEach(RepairTraffic::take);
            long begin = System.nanoTime();
            String done = damage.strike();
            String left = awaitRepair(damage, begin);
            long millis = (System.nanoTime() - begin) / 1_000_000;
            slowest = Math.max(slowest, millis);
            String lost = traffic.stream()
                    .map(RepairTraffic::lost)
                    .filter(l -> !l.isEmpty())
                    .findFirst()
                    .orElse("");
            RepairTraffic.Tally tally = traffic.stream()
                    .map(RepairTraffic::take)
                    .reduce(RepairTraffic.Tally::plus)
                    .orElseThrow();
            out.printf(
                    Locale.ROOT,
                    "%-3d %6d ms %10s %4d ok %3d not  %s%n",
                    strike,
                    millis,
                    lost.isEmpty() ? "lives" : "LOST",
                    tally.answered(),
                    tally.failed(),
                    done);
            if (!left.isEmpty()) {
                out.println("    NOT REPAIRED: " + left);
                return false;
            }
            if (!lost.isEmpty()) {
                out.println("    " + lost);
                return false;
            }
            good &= millis <= LIMIT_MILLIS;
        }
        out.printf(
                Locale.ROOT,
                "%n%d strikes, the slowest repair took %d ms (limit %d), no open connection was lost.%n",
                strikes,
                slowest,
                LIMIT_MILLIS);
        return good;
    }

    /** What is damaged still, after the longest wait. */
    private static String awaitRepair(Damage damage, long begin) {
        String left = damage.difference();
        while (!left.isEmpty() && System.nanoTime() - begin < GIVE_UP_NANOS) {
            left = damage.difference();
        }
        return left;
    }

    /** The examples and a hundred more Services, for tables of a realistic size. */
    private static Path manifests(Path folder) throws IOException {
        Path manifests = Files.createDirectory(folder.resolve("manifests"));
        try (Stream<Path> examples = Files.list(Launcher.repository().resolve("examples"))) {
            for (Path file : examples.toList()) {
                Files.writeString(manifests.resolve(file.getFileName()), TextFile.read(file));
            }
        }
        StringBuilder more = new StringBuilder();
        for (int i = 1; i <= SERVICES; i++) {
            more.append("""
                apiVersion: v1
                kind: Service
                metadata: {namespace: drill, name: s%1$d}
                spec:
                  clusterIP: 10.96.9.%1$d
                  clusterIPs: [10.96.9.%1$d, "fd00:96::9:%1$d"]
                  ipFamilies: [IPv4, IPv6]
                  ipFamilyPolicy: PreferDualStack
                  ports: [{name: http, port: 80, targetPort: 8080, protocol: TCP}]
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {namespace: drill, name: s%1$d-4, labels: {kubernetes.io/service-name: s%1$d}}
                addressType: IPv4
                ports: [{name: http, port: 8080, protocol: TCP}]
                endpoints: [{addresses: [10.244.2.2]}, {addresses: [10.244.2.3]}]
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {namespace: drill, name: s%1$d-6, labels: {kubernetes.io/service-name: s%1$d}}
                addressType: IPv6
                ports: [{name: http, port: 8080, protocol: TCP}]
                endpoints: [{addresses: ["fd00:244:2::2"]}, {addresses: ["fd00:244:2::3"]}]
                ---
                """.formatted(i));
        }
        Files.writeString(manifests.resolve("more.yaml"), more);
        return manifests;
    }

    private static void delete(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
