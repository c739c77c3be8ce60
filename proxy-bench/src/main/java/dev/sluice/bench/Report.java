package dev.sluice.bench;

import dev.sluice.bench.Comparison.Way;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.ToDoubleFunction;

/** The tables of a run. */
final class Report {
    private final PrintStream out;
    private final List<String> firstSyncs = new ArrayList<>();
    private final List<String> changes = new ArrayList<>();
    private final List<String> latencies = new ArrayList<>();

    /**
     * A first sync as the peer writes it.
     *
     * @param done whether it was done within its limit, which {@code seconds} is otherwise
     */
    record PeerSync(double seconds, boolean done, long bytes, long lines) {}

    /** A change as the peer writes it. */
    record PeerChange(RestoreClock.Took took, long bytes, long lines) {}

    Report(PrintStream out) {
        this.out = out;
    }

    void preface() {
        out.println("""
                Sluice's iptables mode, IPv4, every Service with 5 endpoints. 'flat' and 'tree' are the real daemon on nodes of
                their own, the dispatch chains kept flat in the one. The peer is kube-proxy's way of writing, with the same
                rules and the same iptables-restore: a first sync is one input, a change rewrites every chain that is not a
                Service's own, and the chains of the changed Service. Its times are those of the tool alone, while a sync of
                ours holds everything: reading what is in force, rendering, all restores. Ratios are peer / ours.
                """);
    }

    void progress(String what) {
        System.err.println("bench: " + what);
    }

    void firstSync(String variant, int services, Layout layout, DaemonClock.FirstSync first, Optional<PeerSync> peer) {
        firstSyncs.add(String.format(
                Locale.ROOT,
                "| %s | %d | %s | %.1f | %.2f | %d | %d | %.0f | %s | %s |",
                variant,
                services,
                layout,
                first.inForceSeconds(),
                first.syncSeconds(),
                first.lines(),
                first.bytes(),
                first.mebibytes(),
                peer.map(p -> (p.done() ? "" : "> ") + String.format(Locale.ROOT, "%.2f", p.seconds()))
                        .orElse("."),
                peer.map(p -> (p.done() ? "" : "> ")
                                + String.format(Locale.ROOT, "%.1f", p.seconds() / first.syncSeconds()))
                        .orElse(".")));
    }

    void change(
            String variant,
            int services,
            Layout layout,
            String kind,
            List<DaemonClock.Change> costs,
            RestoreClock.Took tool,
            Optional<PeerChange> peer) {
        DaemonClock.Change last = costs.getLast();
        changes.add(String.format(
                Locale.ROOT,
                "| %s | %d | %s | %s | %d | %d | %.1f | %.1f | %.1f | %.1f | %s | %s | %s | %s |",
                variant,
                services,
                layout,
                kind,
                last.lines(),
                last.bytes(),
                median(costs, DaemonClock.Change::eventMillis),
                median(costs, DaemonClock.Change::syncMillis),
                tool.millis(),
                tool.cpuMillis(),
                peer.map(p -> Long.toString(p.lines())).orElse("."),
                peer.map(p -> String.format(Locale.ROOT, "%.1f", p.took().millis()))
                        .orElse("."),
                peer.map(p -> String.format(Locale.ROOT, "%.1f", p.took().millis() / tool.millis()))
                        .orElse("."),
                peer.map(p -> String.format(Locale.ROOT, "%.0f", (double) p.bytes() / last.bytes()))
                        .orElse(".")));
    }

    void latency(String variant, int services, Map<Layout, Map<Way, Samples>> samples) {
        Map<Way, Samples> flat = samples.getOrDefault(Layout.FLAT, Map.of());
        Map<Way, Samples> tree = samples.getOrDefault(Layout.TREE, Map.of());
        for (Way way : Way.values()) {
            Samples ofFlat = flat.getOrDefault(way, new Samples());
            Samples ofTree = tree.getOrDefault(way, new Samples());
            latencies.add(String.format(
                    Locale.ROOT,
                    "| %s | %d | %s | %d | %.0f | %.0f | %.0f | %.0f | %.1f |",
                    variant,
                    services,
                    way.text,
                    ofFlat.count(),
                    ofFlat.micros(50),
                    ofFlat.micros(99),
                    ofTree.micros(50),
                    ofTree.micros(99),
                    ofFlat.micros(50) / ofTree.micros(50)));
        }
    }

    void print() {
        table(
                "First sync",
                "variant | Services | dispatch | start to in force, s | sync, s | lines | bytes | RSS, MiB"
                        + " | peer: one restore, s | peer / ours",
                firstSyncs);
        table(
                "One change (medians)",
                "variant | Services | dispatch | change | lines | bytes | event to kernel, ms | sync, ms"
                        + " | iptables-restore alone, ms | its CPU, ms | peer: lines | peer: iptables-restore, ms"
                        + " | peer / ours, time | peer / ours, bytes",
                changes);
        table(
                "First packet: connect() of a new connection, microseconds",
                "variant | Services | way | connections each | flat p50 | flat p99 | tree p50 | tree p99 | flat / tree, p50",
                latencies);
    }

    private void table(String title, String header, List<String> rows) {
        out.println("\n## " + title + "\n\n| " + header + " |");
        out.println("|" + "---|".repeat(header.split("\\|").length));
        rows.forEach(out::println);
    }

    private static double median(List<DaemonClock.Change> costs, ToDoubleFunction<DaemonClock.Change> value) {
        double[] sorted = costs.stream().mapToDouble(value).sorted().toArray();
        return sorted[sorted.length / 2];
    }
}
