// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import static dev.sluice.bench.Samples.median;

import dev.sluice.bench.DaemonClock;
import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.Samples;
import dev.sluice.bench.ServiceChange;
import dev.sluice.bench.iptables.FirstPacketComparison.Way;
import java.io.PrintStream;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** The tables of a run. */
final class IptablesReport {
    private final PrintStream out;
    private final MarkdownTable firstSyncs = new MarkdownTable(
            "First sync",
            "variant | Services | dispatch | start to in force, s | sync, s | lines | bytes | RSS, MiB"
                    + " | peer: one restore, s | peer / ours");
    private final MarkdownTable changes = new MarkdownTable(
            "One change (medians)",
            "variant | Services | dispatch | change | lines | bytes | event to kernel, ms | sync, ms"
                    + " | iptables-restore alone, ms | its CPU, ms | peer: lines | peer: iptables-restore, ms"
                    + " | peer / ours, time | peer / ours, bytes");
    private final MarkdownTable latencies = new MarkdownTable(
            "First packet: connect() of a new connection, microseconds",
            "variant | Services | way | connections each | flat p50 | flat p99 | tree p50 | tree p99 | flat / tree,"
                    + " p50");

    IptablesReport(PrintStream out) {
        this.out = out;
    }

    void preface() {
        out.println("""
            Sluice's iptables mode, IPv4, every Service with 5 endpoints. 'flat' and 'tree' are the real daemon on nodes of
            their own, the dispatch chains kept flat in the one. The peer is kube-proxy's way of writing, with the same
            rules and the same iptables-restore: a first sync is one input, a change rewrites every chain that is not a
            Service's own, and the chains of the changed Service. Its times are those of the tool alone, while a sync of
            ours includes reading the kernel's rules, rendering and all restores. Ratios are peer / ours.
            """);
    }

    void progress(String what) {
        System.err.println("bench: " + what);
    }

    void firstSync(
            String variant, int services, Layout layout, DaemonClock.FirstSync first, Optional<Peer.FirstSync> peer) {
        firstSyncs.row(
                "%s | %d | %s | %.1f | %.2f | %d | %d | %.0f | %s | %s",
                variant,
                services,
                layout,
                first.inForceSeconds(),
                first.syncSeconds(),
                first.lines(),
                first.bytes(),
                first.mebibytes(),
                cell(peer, p -> limited(p, "%.2f", p.seconds())),
                cell(peer, p -> limited(p, "%.1f", p.seconds() / first.syncSeconds())));
    }

    private static String limited(Peer.FirstSync sync, String format, double value) {
        return (sync.done() ? "" : "> ") + number(format, value);
    }

    void change(
            String variant,
            int services,
            Layout layout,
            ServiceChange change,
            List<DaemonClock.Change> costs,
            RestoreClock.Took tool,
            Optional<Peer.Change> peer) {
        DaemonClock.Change last = costs.getLast();
        changes.row(
                "%s | %d | %s | %s | %d | %d | %.1f | %.1f | %.1f | %.1f | %s | %s | %s | %s",
                variant,
                services,
                layout,
                change,
                last.lines(),
                last.bytes(),
                median(costs, DaemonClock.Change::eventMillis),
                median(costs, DaemonClock.Change::syncMillis),
                tool.millis(),
                tool.cpuMillis(),
                cell(peer, p -> Long.toString(p.lines())),
                cell(peer, p -> number("%.1f", p.took().millis())),
                cell(peer, p -> number("%.1f", p.took().millis() / tool.millis())),
                cell(peer, p -> number("%.0f", (double) p.bytes() / last.bytes())));
    }

    private static <T> String cell(Optional<T> peer, Function<T, String> text) {
        return peer.map(text).orElse(".");
    }

    private static String number(String format, double value) {
        return String.format(Locale.ROOT, format, value);
    }

    void latency(String variant, int services, Map<Layout, Map<Way, Samples>> samples) {
        Map<Way, Samples> flat = samples.getOrDefault(Layout.FLAT, Map.of());
        Map<Way, Samples> tree = samples.getOrDefault(Layout.TREE, Map.of());
        for (Way way : Way.values()) {
            Samples ofFlat = flat.getOrDefault(way, new Samples());
            Samples ofTree = tree.getOrDefault(way, new Samples());
            latencies.row(
                    "%s | %d | %s | %d | %.0f | %.0f | %.0f | %.0f | %.1f",
                    variant,
                    services,
                    way.text,
                    ofFlat.count(),
                    ofFlat.micros(50),
                    ofFlat.micros(99),
                    ofTree.micros(50),
                    ofTree.micros(99),
                    ofFlat.micros(50) / ofTree.micros(50));
        }
    }

    void print() {
        firstSyncs.print(out);
        changes.print(out);
        latencies.print(out);
    }
}
