package dev.sluice.bench;

import dev.sluice.bench.LoadClient.Score;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.function.IntFunction;
import org.awaitility.Awaitility;

/**
 * One way from the client to the server.
 *
 * @param pid the process that carries the traffic; 0 for the direct way
 * @param carriesDatagrams haproxy does not
 */
record Relayer(
        String name, RelayGround ground, long pid, boolean carriesDatagrams, IntFunction<InetSocketAddress> address) {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    /**
     * What one run came to.
     *
     * @param rate in the load's unit
     * @param cost processor time of the carrying process for each GB, or each request in microseconds
     * @param generator the part of one processor that client and server used
     */
    record Measure(double rate, double cost, double p50, double p99, double p999, long lost, double generator) {}

    boolean carries(RelayLoad load) {
        return carriesDatagrams || load != RelayLoad.DATAGRAMS;
    }

    Measure measure(RelayLoad load, double seconds) throws IOException {
        LoadServer server = ground.server();
        long own = ProcessHandle.current().pid();
        double cpuBefore = cpu();
        double ownBefore = ProcessTime.seconds(own);
        long bytesBefore = server.bytes();
        long start = System.nanoTime();
        Score score = load.run(ground.client(), address.apply(load.port), seconds);
        // what is still on its way belongs to the run
        Awaitility.await(name + ": the connections of a run end")
                .pollInterval(Duration.ofMillis(2))
                .atMost(PATIENCE)
                .until(() -> server.open() == 0);
        double took = (System.nanoTime() - start) / 1e9;
        double cpu = cpu() - cpuBefore;
        double generator = (ProcessTime.seconds(own) - ownBefore) / took;
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
        return pid == 0 ? 0 : ProcessTime.seconds(pid);
    }
}
