// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.nftables;

import dev.sluice.bench.DaemonClock;
import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.Samples;
import dev.sluice.core.config.ProxyMode;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Measures nftables mode at several numbers of Services of 5 endpoints, in IPv4: the start, changes, first packets.
 * Beside it {@code nft -f} writes kube-proxy's table, and the daemon runs in iptables mode, both up to
 * {@value #LARGEST_PEER} Services, above which they take many minutes. Arguments: the numbers.
 */
public final class NftablesBench {
    private static final int LARGEST_PEER = 10_000;

    private final MarkdownTable starts = new MarkdownTable(
            "Start",
            "Services | nftables mode: start to in force, s | its sync, s | RSS, MiB | nft -f of kube-proxy's table, s"
                    + " | nft / our sync | iptables mode: in force, s | RSS, MiB");
    private final MarkdownTable restarts = new MarkdownTable(
            "Start over the rules of the process before, nftables mode",
            "Services | start to in force, s | its sync, s | processor time of the sync thread, s | bytes written");
    private final MarkdownTable changes = new MarkdownTable(
            "One change (medians)",
            "Services | change | bytes | event to kernel, ms | sync, ms | kernel alone, ms | nft -f, ms | nft / our event"
                    + " | iptables mode: event, ms | iptables / nftables");
    private final MarkdownTable packets = new MarkdownTable(
            "First packet: connect() to a random Service, microseconds",
            "Services | nftables mode p50 | p99 | iptables mode p50 | p99");

    private NftablesBench() {}

    /** What one mode of the daemon costs. */
    private record Measured(
            DaemonClock.FirstSync first,
            Map<TableChange, List<DaemonClock.Change>> changes,
            Samples packets,
            ModeSite.@Nullable Restart restart,
            Map<TableChange, Double> kernel) {

        double event(TableChange change) {
            return Samples.median(changes.getOrDefault(change, List.of()), DaemonClock.Change::eventMillis);
        }
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length == 0) {
            System.err.println("usage: NftablesBench SERVICES...");
            System.exit(2);
        }
        NftablesBench bench = new NftablesBench();
        long start = System.nanoTime();
        for (String size : arguments) {
            bench.at(Integer.parseInt(size));
        }
        bench.starts.print(System.out);
        bench.restarts.print(System.out);
        bench.changes.print(System.out);
        bench.packets.print(System.out);
        System.out.printf(
                Locale.ROOT,
                "%nAbove %,d Services nft -f and iptables mode take many minutes, and are left out.%n",
                LARGEST_PEER);
        System.out.printf(
                Locale.ROOT,
                "The whole took %.0f s; the machine's load at the end was %.1f.%n",
                (System.nanoTime() - start) / 1e9,
                ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
    }

    private void at(int services) throws IOException {
        Measured ours = measure(ProxyMode.NFTABLES, services);
        if (ours.restart() != null) {
            ModeSite.Restart restart = ours.restart();
            restarts.row(
                    "%d | %.1f | %.2f | %.2f | %d",
                    services,
                    restart.first().inForceSeconds(),
                    restart.first().syncSeconds(),
                    restart.threadSeconds(),
                    restart.first().bytes());
        }
        boolean hasPeers = services <= LARGEST_PEER;
        @Nullable Measured iptables = hasPeers ? measure(ProxyMode.IPTABLES, services) : null;
        if (hasPeers) {
            System.err.println("bench: nft at " + services + " Services");
            try (NftProgram nft = new NftProgram(services)) {
                start(services, ours, iptables, nft);
                changes(services, ours, iptables, nft);
            }
        } else {
            start(services, ours, null, null);
            changes(services, ours, null, null);
        }
        packets.row(
                "%d | %.0f | %.0f | %s | %s",
                services,
                ours.packets().micros(50),
                ours.packets().micros(99),
                iptables == null ? "." : number(iptables.packets().micros(50)),
                iptables == null ? "." : number(iptables.packets().micros(99)));
    }

    private void start(int services, Measured ours, @Nullable Measured iptables, @Nullable NftProgram nft) {
        double everything = nft == null ? Double.NaN : nft.everythingSeconds();
        starts.row(
                "%d | %.1f | %.2f | %.0f | %s | %s | %s | %s",
                services,
                ours.first().inForceSeconds(),
                ours.first().syncSeconds(),
                ours.first().mebibytes(),
                number(everything),
                number(everything / ours.first().syncSeconds()),
                iptables == null ? "." : number(iptables.first().inForceSeconds()),
                iptables == null ? "." : number(iptables.first().mebibytes()));
    }

    private void changes(int services, Measured ours, @Nullable Measured iptables, @Nullable NftProgram nft) {
        for (TableChange change : TableChange.values()) {
            List<DaemonClock.Change> costs = ours.changes().getOrDefault(change, List.of());
            double program = nft == null ? Double.NaN : nft.millis(change);
            changes.row(
                    "%d | %s | %d | %.1f | %.1f | %.2f | %s | %s | %s | %s",
                    services,
                    change,
                    costs.getLast().bytes(),
                    ours.event(change),
                    Samples.median(costs, DaemonClock.Change::syncMillis),
                    ours.kernel().getOrDefault(change, Double.NaN),
                    number(program),
                    number(program / ours.event(change)),
                    iptables == null ? "." : number(iptables.event(change)),
                    iptables == null ? "." : number(iptables.event(change) / ours.event(change)));
        }
    }

    private static String number(double value) {
        return Double.isNaN(value) ? "." : String.format(Locale.ROOT, "%.1f", value);
    }

    private static Measured measure(ProxyMode mode, int services) throws IOException {
        System.err.println("bench: mode " + mode.flagValue() + " at " + services + " Services");
        try (ModeSite site = new ModeSite(mode, services)) {
            Samples packets = site.firstPackets();
            Map<TableChange, List<DaemonClock.Change>> changes = new EnumMap<>(TableChange.class);
            for (TableChange change : TableChange.values()) {
                changes.put(change, new ArrayList<>(site.change(change)));
            }
            if (mode != ProxyMode.NFTABLES) {
                return new Measured(site.firstSync(), changes, packets, null, Map.of());
            }
            ModeSite.Restart restart = site.restart();
            Map<TableChange, Double> kernel = new EnumMap<>(TableChange.class);
            for (TableChange change : TableChange.values()) {
                kernel.put(change, site.kernel().millis(change));
            }
            return new Measured(site.firstSync(), changes, packets, restart, kernel);
        }
    }
}
