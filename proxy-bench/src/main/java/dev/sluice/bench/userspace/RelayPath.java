// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.bench.ProcessTime;
import dev.sluice.bench.Samples;
import dev.sluice.bench.userspace.LoadRun.Score;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.IntFunction;
import org.awaitility.Awaitility;

/**
 * A way from the client to the server.
 *
 * @param pid the process that carries the traffic; 0 for the direct way
 * @param carriesDatagrams false for haproxy
 */
record RelayPath(
        String name, RelayLab lab, long pid, boolean carriesDatagrams, IntFunction<InetSocketAddress> address) {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /**
     * The figures of one run.
     *
     * @param rate in the load's unit
     * @param cost processor time of the proxy, in seconds for each GB or microseconds for each request
     * @param generator the share of one processor that client and server used
     */
    record Measure(double rate, double cost, double p50, double p99, double p999, long lost, double generator) {}

    boolean carries(RelayLoad load) {
        return carriesDatagrams || load != RelayLoad.DATAGRAMS;
    }

    Measure measure(RelayLoad load, double seconds) throws IOException {
        LoadServer server = lab.server();
        long own = ProcessHandle.current().pid();
        double cpuBefore = cpu();
        double ownBefore = ProcessTime.of(own).own();
        long bytesBefore = server.bytes();
        long start = System.nanoTime();
        Score score = load.run(lab.client(), address.apply(load.port), seconds);
        // bytes that are still on their way belong to the run
        Awaitility.await(name + ": the connections of a run end")
                .pollInterval(Duration.ofMillis(2))
                .atMost(PATIENCE)
                .until(() -> server.open() == 0);
        double took = (System.nanoTime() - start) / 1e9;
        double cpu = cpu() - cpuBefore;
        double generator = (ProcessTime.of(own).own() - ownBefore) / took;
        if (load.isBulk()) {
            double gigabytes = (server.bytes() - bytesBefore) / 1e9;
            return new Measure(gigabytes / took, cpu / gigabytes, 0, 0, 0, score.lost(), generator);
        }
        Samples samples = score.samples();
        return new Measure(
                score.done() / score.seconds(),
                cpu / score.done() * 1e6,
                samples.micros(50),
                samples.micros(99),
                samples.micros(99.9),
                score.lost(),
                generator);
    }

    private double cpu() throws IOException {
        return pid == 0 ? 0 : ProcessTime.of(pid).own();
    }
}
