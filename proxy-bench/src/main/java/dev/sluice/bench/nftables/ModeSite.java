// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.nftables;

import dev.sluice.bench.DaemonClock;
import dev.sluice.bench.FirstPacket;
import dev.sluice.bench.ProcessTime;
import dev.sluice.bench.Samples;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.model.ManyServices;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;

/** A lab whose node runs the real daemon in one mode with many Services. */
final class ModeSite implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofMinutes(8);
    private static final int REPEATS = 5;
    private static final int CONNECTIONS = 2_000;
    private static final int AT_ONCE = 100;
    private static final String SYNC_THREAD = "sluice-sync";

    private final TemporaryFolder folder = new TemporaryFolder("sluice-bench");
    private final Lab lab;
    private final ManyServices services;
    private final int count;
    private final DaemonOptions options;
    private final DaemonProcess daemon;
    private final DaemonClock clock;
    private final DaemonClock.FirstSync firstSync;

    /** Starts the daemon, and waits until all is in force. */
    ModeSite(ProxyMode mode, int count) throws IOException {
        this.count = count;
        this.lab = Lab.create();
        try {
            Path manifests = Files.createDirectory(folder.resolve("manifests"));
            services = ManyServices.on(FirstPacket.ENDPOINTS, FirstPacket.PORT, manifests);
            services.write(count);
            options = new DaemonOptions(
                    mode,
                    List.of("--manifests", manifests.toString()),
                    List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            long start = System.nanoTime();
            daemon = DaemonProcess.start(lab.node(), options, folder.resolve("log"));
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            clock = new DaemonClock(daemon);
            firstSync = clock.firstSync((System.nanoTime() - start) / 1e9);
        } catch (IOException | RuntimeException e) {
            lab.close();
            folder.close();
            throw e;
        }
    }

    DaemonClock.FirstSync firstSync() {
        return firstSync;
    }

    /** The costs of a change, without those that warm the daemon up. */
    List<DaemonClock.Change> change(TableChange change) throws IOException {
        List<DaemonClock.Change> costs = new ArrayList<>();
        for (int i = 0; i <= REPEATS; i++) {
            DaemonClock.Change there = clock.change(() -> change.apply(services, true));
            clock.change(() -> change.apply(services, false));
            if (i > 0) {
                costs.add(there);
            }
        }
        return costs;
    }

    /** The time of {@code connect()} to random Services. */
    Samples firstPackets() throws IOException {
        Random random = new Random(count);
        Samples samples = new Samples();
        try (FirstPacket caller = new FirstPacket(lab)) {
            for (int i = 0; i < CONNECTIONS / AT_ONCE; i++) {
                caller.connect(
                        AT_ONCE,
                        n -> new InetSocketAddress(
                                ManyServices.clusterIp(random.nextInt(count)).toInetAddress(), ManyServices.PORT),
                        i == 0 ? new Samples() : samples);
            }
        }
        return samples;
    }

    /**
     * What another process costs, which finds the rules of this one.
     *
     * @param threadSeconds processor time of the sync thread since its start, which also takes the objects
     */
    record Restart(DaemonClock.FirstSync first, double threadSeconds) {}

    /** Ends the daemon, and starts it again. */
    Restart restart() throws IOException {
        daemon.terminate(PATIENCE);
        long start = System.nanoTime();
        try (DaemonProcess next = DaemonProcess.start(lab.node(), options, folder.resolve("log-of-the-next"))) {
            next.awaitReady(PATIENCE, IpFamily.IPV4);
            double inForce = (System.nanoTime() - start) / 1e9;
            double thread = ProcessTime.ofThread(next.pid(), SYNC_THREAD);
            Restart restart = new Restart(new DaemonClock(next).firstSync(inForce), thread);
            next.terminate(PATIENCE);
            return restart;
        }
    }

    /** Times the kernel alone, in the table that the daemon has left. */
    KernelClock kernel() {
        return new KernelClock(lab);
    }

    @Override
    public void close() {
        daemon.close();
        lab.close();
        folder.close();
    }
}
