// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import static dev.sluice.bench.Samples.median;

import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.userspace.RelayPath.Measure;
import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;

/**
 * Measures connections through userspace mode beside direct ones, haproxy and nginx. Each proxy has one processor for
 * itself; client and server share another. Arguments: rounds, seconds of each run, and the names of {@link RelayLoad}
 * to measure, all by default.
 */
public final class UserspaceBench {
    private static final int PROXY_PROCESSOR = 0;
    private static final double FIRST_SECOND = 1;
    private static final String DIRECT = "direct";

    private final PrintStream out;
    private final List<RelayLoad> loads;
    private final Map<RelayLoad, Map<String, List<Measure>>> measures = new EnumMap<>(RelayLoad.class);

    private UserspaceBench(PrintStream out, List<RelayLoad> loads) {
        this.out = out;
        this.loads = loads;
    }

    public static void main(String[] arguments) throws IOException {
        if (arguments.length < 2) {
            System.err.println("usage: UserspaceBench ROUNDS SECONDS [LOAD...]");
            System.exit(2);
            return;
        }
        UserspaceBench bench =
                new UserspaceBench(System.out, loads(List.of(arguments).subList(2, arguments.length)));
        try (RelayLab lab = new RelayLab(PROXY_PROCESSOR, "");
                RelayLab copying = new RelayLab(PROXY_PROCESSOR, "-Dsluice.userspace.splice-after=-1");
                RelayPeers peers = new RelayPeers(lab.node(), RelayLab.endpoint(), lab.folder(), PROXY_PROCESSOR)) {
            bench.run(paths(lab, copying, peers), Integer.parseInt(arguments[0]), Double.parseDouble(arguments[1]));
        }
        bench.print();
    }

    private static List<RelayLoad> loads(List<String> names) {
        return names.isEmpty()
                ? List.of(RelayLoad.values())
                : names.stream().map(RelayLoad::valueOf).toList();
    }

    private static List<RelayPath> paths(RelayLab lab, RelayLab copying, RelayPeers peers) {
        return List.of(
                new RelayPath(DIRECT, lab, 0, true, RelayLab::direct),
                new RelayPath("Sluice", lab, lab.daemon().pid(), true, RelayLab::service),
                new RelayPath("Sluice, copying only", copying, copying.daemon().pid(), true, RelayLab::service),
                peer("haproxy", lab, peers.haproxy(), false, RelayPeers.HAPROXY),
                peer("haproxy, splice", lab, peers.haproxy(), false, RelayPeers.HAPROXY_SPLICE),
                peer("nginx stream", lab, peers.nginx(), true, RelayPeers.NGINX));
    }

    private static RelayPath peer(String name, RelayLab lab, long pid, boolean datagrams, int peer) {
        return new RelayPath(name, lab, pid, datagrams, port -> RelayPeers.address(peer, port));
    }

    private void run(List<RelayPath> paths, int rounds, double seconds) throws IOException {
        for (RelayLoad load : loads) {
            for (RelayPath path : paths) {
                if (path.carries(load)) {
                    path.measure(load, load.warmUpSeconds());
                }
            }
        }
        for (int round = 0; round < rounds; round++) {
            System.err.println("bench: round " + (round + 1) + " of " + rounds);
            // who follows the direct path is slower by some percent: each proxy in turn
            List<RelayPath> order = new ArrayList<>(paths.subList(1, paths.size()));
            Collections.rotate(order, round);
            order.add(paths.getFirst());
            for (RelayLoad load : loads) {
                for (RelayPath path : order) {
                    if (path.carries(load)) {
                        add(load, path.name(), path.measure(load, seconds));
                    }
                }
            }
            if (loads.contains(RelayLoad.CONNECTIONS)) {
                measureFirstSecond();
            }
        }
    }

    /** New connections through a daemon that has carried none yet; the client is warm. */
    private void measureFirstSecond() throws IOException {
        try (RelayLab fresh = new RelayLab(PROXY_PROCESSOR, "")) {
            RelayPath path =
                    new RelayPath("Sluice, first second", fresh, fresh.daemon().pid(), true, RelayLab::service);
            add(RelayLoad.CONNECTIONS, path.name(), path.measure(RelayLoad.CONNECTIONS, FIRST_SECOND));
        }
    }

    private void add(RelayLoad load, String path, Measure measure) {
        measures.computeIfAbsent(load, any -> new LinkedHashMap<>())
                .computeIfAbsent(path, any -> new ArrayList<>())
                .add(measure);
    }

    private void print() {
        out.println("""
            Userspace mode, IPv4, between two Pods of one node, beside haproxy and nginx. Each proxy is one process on
            processor %d; client and server are one process on another, whose use is 'load'. Medians of all rounds. 'x best'
            is the rate relative to the best peer, 'cost x best' the processor time relative to the smallest of a peer.\
            """.formatted(PROXY_PROCESSOR));
        measures.forEach(this::print);
    }

    private void print(RelayLoad load, Map<String, List<Measure>> byPath) {
        MarkdownTable table = new MarkdownTable(
                load.title,
                "| " + load.unit + " | x best | " + load.cost + " | cost x best"
                        + (load.isBulk() ? "" : " | p50, us | p99, us | p99.9, us | lost") + " | load");
        double bestRate = peers(byPath, Measure::rate).max().orElse(Double.NaN);
        double bestCost = peers(byPath, Measure::cost).min().orElse(Double.NaN);
        byPath.forEach((path, all) -> {
            double rate = median(all, Measure::rate);
            double cost = median(all, Measure::cost);
            boolean direct = path.equals(DIRECT);
            table.row(
                    "%s | %s | %s | %s%s | %d %%",
                    path,
                    number(rate),
                    ratio(rate / bestRate),
                    direct ? ". | ." : number(cost) + " | " + ratio(cost / bestCost),
                    load.isBulk() ? "" : latencies(all),
                    Math.round(100 * median(all, Measure::generator)));
        });
        table.print(out);
    }

    private static String latencies(List<Measure> all) {
        return " | " + number(median(all, Measure::p50)) + " | " + number(median(all, Measure::p99)) + " | "
                + number(median(all, Measure::p999)) + " | "
                + all.stream().mapToLong(Measure::lost).sum();
    }

    private static DoubleStream peers(Map<String, List<Measure>> byPath, ToDoubleFunction<Measure> value) {
        return byPath.entrySet().stream()
                .filter(e -> !e.getKey().equals(DIRECT) && !e.getKey().startsWith("Sluice"))
                .mapToDouble(e -> median(e.getValue(), value));
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.3f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
