// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import static dev.sluice.bench.Samples.median;

import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.ProcessTime;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * HTTP requests on 64 connections that stay open, made by {@code wrk}: a check of {@link UserspaceBench} by a client
 * that is not ours. Arguments: rounds, seconds of each run.
 */
public final class HttpBench {
    private static final int PROXY_PROCESSOR = 0;
    private static final int WARM_UP_SECONDS = 8;
    private static final String CONNECTIONS = "-c64";
    private static final Pattern RATE = Pattern.compile("Requests/sec:\\s+([0-9.]+)");
    private static final Pattern REQUESTS = Pattern.compile("([0-9]+) requests in");
    private static final Pattern FAILED = Pattern.compile("(?:connect|read|write|timeout|responses:) ([0-9]+)");

    private final Map<String, List<Run>> runs = new LinkedHashMap<>();

    private HttpBench() {}

    /**
     * The figures of one run.
     *
     * @param cost processor time of the proxy, in microseconds for each request
     * @param lost connections that failed, and answers that failed or took two seconds
     */
    private record Run(double rate, double cost, long lost) {}

    public static void main(String[] arguments) throws IOException {
        if (arguments.length != 2) {
            System.err.println("usage: HttpBench ROUNDS SECONDS");
            System.exit(2);
            return;
        }
        HttpBench bench = new HttpBench();
        try (RelayLab lab = new RelayLab(PROXY_PROCESSOR, "");
                RelayPeers peers = new RelayPeers(lab.node(), RelayLab.endpoint(), lab.folder(), PROXY_PROCESSOR)) {
            bench.run(
                    List.of(
                            new RelayPath("direct", lab, 0, true, RelayLab::direct),
                            new RelayPath("Sluice", lab, lab.daemon().pid(), true, RelayLab::service),
                            peer("haproxy", lab, peers.haproxy(), RelayPeers.HAPROXY),
                            peer("nginx stream", lab, peers.nginx(), RelayPeers.NGINX)),
                    Integer.parseInt(arguments[0]),
                    Integer.parseInt(arguments[1]));
        }
        bench.print();
    }

    private static RelayPath peer(String name, RelayLab lab, long pid, int peer) {
        return new RelayPath(name, lab, pid, true, port -> RelayPeers.address(peer, port));
    }

    private void run(List<RelayPath> paths, int rounds, int seconds) throws IOException {
        for (RelayPath path : paths) {
            measure(path, WARM_UP_SECONDS);
        }
        for (int round = 0; round < rounds; round++) {
            List<RelayPath> order = new ArrayList<>(paths);
            Collections.rotate(order, round);
            for (RelayPath path : order) {
                runs.computeIfAbsent(path.name(), any -> new ArrayList<>()).add(measure(path, seconds));
            }
        }
    }

    private static Run measure(RelayPath path, int seconds) throws IOException {
        InetSocketAddress to = path.address().apply(LoadServer.HTTP);
        double before = cpu(path);
        String output = path.lab()
                .run(
                        "wrk",
                        "-t1",
                        CONNECTIONS,
                        "-d" + seconds + "s",
                        "http://" + to.getHostString() + ":" + to.getPort() + "/");
        double cpu = cpu(path) - before;
        long lost = FAILED.matcher(output)
                .results()
                .mapToLong(found -> Long.parseLong(found.group(1)))
                .sum();
        return new Run(number(RATE, output), cpu / number(REQUESTS, output) * 1e6, lost);
    }

    private static double cpu(RelayPath path) throws IOException {
        return path.pid() == 0 ? 0 : ProcessTime.of(path.pid()).own();
    }

    private static double number(Pattern pattern, String output) {
        Matcher found = pattern.matcher(output);
        if (!found.find()) {
            throw new IllegalStateException("wrk says: " + output);
        }
        return Double.parseDouble(found.group(1));
    }

    private void print() {
        MarkdownTable table = new MarkdownTable("HTTP requests by wrk", "| per second | CPU us each | lost");
        runs.forEach((name, all) -> table.row(
                "%s | %.0f | %.1f | %d",
                name,
                median(all, Run::rate),
                median(all, Run::cost),
                all.stream().mapToLong(Run::lost).sum()));
        table.print(System.out);
    }
}
