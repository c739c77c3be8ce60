package dev.sluice.bench;

import dev.sluice.bench.Relayer.Measure;
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

/**
 * What a connection through userspace mode costs, beside none, haproxy and nginx, each with one processor for itself; client and
 * server share another one. Arguments: rounds, seconds of each run, and names of {@link RelayLoad} where not all are wanted.
 */
public final class UserspaceBench {
    private static final int PROXY_PROCESSOR = 0;

    private final PrintStream out;
    private final List<RelayLoad> loads;
    private final Map<RelayLoad, Map<Relayer, List<Measure>>> measures = new EnumMap<>(RelayLoad.class);

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
        try (RelayGround ground = new RelayGround(PROXY_PROCESSOR, "");
                RelayGround copying = new RelayGround(PROXY_PROCESSOR, "-Dsluice.userspace.splice-after=-1");
                RelayPeers peers =
                        new RelayPeers(ground.node(), RelayGround.endpoint(), ground.folder(), PROXY_PROCESSOR)) {
            bench.run(ways(ground, copying, peers), Integer.parseInt(arguments[0]), Double.parseDouble(arguments[1]));
        }
        bench.print();
    }

    private static List<RelayLoad> loads(List<String> names) {
        return names.isEmpty()
                ? List.of(RelayLoad.values())
                : names.stream().map(RelayLoad::valueOf).toList();
    }

    private static List<Relayer> ways(RelayGround ground, RelayGround copying, RelayPeers peers) {
        return List.of(
                new Relayer("direct", ground, 0, true, RelayGround::direct),
                new Relayer("Sluice", ground, ground.daemon().pid(), true, RelayGround::service),
                new Relayer("Sluice, copying only", copying, copying.daemon().pid(), true, RelayGround::service),
                peer("haproxy", ground, peers.haproxy(), false, RelayPeers.HAPROXY),
                peer("haproxy, splice", ground, peers.haproxy(), false, RelayPeers.HAPROXY_SPLICE),
                peer("nginx stream", ground, peers.nginx(), true, RelayPeers.NGINX));
    }

    private static Relayer peer(String name, RelayGround ground, long pid, boolean datagrams, int peer) {
        return new Relayer(name, ground, pid, datagrams, port -> RelayPeers.address(peer, port));
    }

    private void run(List<Relayer> ways, int rounds, double seconds) throws IOException {
        for (RelayLoad load : loads) {
            for (Relayer way : ways) {
                if (way.carries(load)) {
                    way.measure(load, load.warmUpSeconds());
                }
            }
        }
        for (int round = 0; round < rounds; round++) {
            System.err.println("bench: round " + (round + 1) + " of " + rounds);
            List<Relayer> order = new ArrayList<>(ways);
            // who follows the way without a proxy is slower by some percent: each has its turn
            Collections.rotate(order, round);
            for (RelayLoad load : loads) {
                for (Relayer way : order) {
                    if (way.carries(load)) {
                        measures.computeIfAbsent(load, any -> new LinkedHashMap<>())
                                .computeIfAbsent(way, any -> new ArrayList<>())
                                .add(way.measure(load, seconds));
                    }
                }
            }
        }
    }

    private void print() {
        out.println(
                "Userspace mode, IPv4, between two Pods of one node, beside haproxy and nginx: each proxy is one process on"
                        + " processor " + PROXY_PROCESSOR
                        + ",\nclient and server are one process on another, whose use is 'load'."
                        + " Medians of all rounds. 'x best' is the rate\nagainst that of the best peer, 'cost x best' the processor"
                        + " time against the smallest of a peer's.");
        measures.forEach(this::print);
    }

    private void print(RelayLoad load, Map<Relayer, List<Measure>> byWay) {
        out.println("\n## " + load.title + "\n");
        out.println("| | " + load.unit + " | x best | " + load.cost + " | cost x best"
                + (load.isBulk() ? "" : " | p50, us | p99, us | p99.9, us | lost") + " | load |");
        out.println("|" + "---|".repeat(load.isBulk() ? 6 : 10));
        double bestRate = peers(byWay, Measure::rate).max().orElse(Double.NaN);
        double bestCost = peers(byWay, Measure::cost).min().orElse(Double.NaN);
        byWay.forEach((way, all) -> {
            double rate = median(all, Measure::rate);
            double cost = median(all, Measure::cost);
            boolean direct = way.pid() == 0;
            out.print("| " + way.name() + " | " + number(rate) + " | " + ratio(rate / bestRate) + " | "
                    + (direct ? ". | ." : number(cost) + " | " + ratio(cost / bestCost)));
            if (!load.isBulk()) {
                out.print(" | " + number(median(all, Measure::p50)) + " | " + number(median(all, Measure::p99)) + " | "
                        + number(median(all, Measure::p999)) + " | "
                        + all.stream().mapToLong(Measure::lost).sum());
            }
            out.println(" | " + Math.round(100 * median(all, Measure::generator)) + " % |");
        });
    }

    private static java.util.stream.DoubleStream peers(
            Map<Relayer, List<Measure>> byWay, ToDoubleFunction<Measure> value) {
        return byWay.entrySet().stream()
                .filter(e -> e.getKey().pid() != 0 && !e.getKey().name().startsWith("Sluice"))
                .mapToDouble(e -> median(e.getValue(), value));
    }

    private static double median(List<Measure> measures, ToDoubleFunction<Measure> value) {
        double[] sorted = measures.stream().mapToDouble(value).sorted().toArray();
        return sorted[sorted.length / 2];
    }

    private static String number(double value) {
        return String.format(Locale.ROOT, value < 10 ? "%.3f" : value < 100 ? "%.1f" : "%.0f", value);
    }

    private static String ratio(double value) {
        return String.format(Locale.ROOT, "%.2f", value);
    }
}
