// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.soak;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.DualStackService;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import org.awaitility.Awaitility;

/**
 * Userspace mode under mixed load while its endpoints change every 100 ms. No byte of a stream may be lost or changed,
 * and no datagram changed.
 * In the end the daemon may hold no more descriptors than before, except for its idle pipes, and little more memory
 * than after the first third.
 *
 * <p>Arguments: seconds, and {@code paranoid} to make Netty track each buffer, which takes more time and memory: then a
 * leaked buffer is logged, and the memory is not compared. Exits with 1 on any failure.
 */
public final class Soak {
    static final DualStackService SERVICE = new DualStackService("soak", "echo", 79, 80, StreamEcho.PORT);
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Duration CHURN = Duration.ofMillis(100);
    private static final List<String> PODS = List.of("a2", "b2", "b3", "b4");
    /** Each event loop keeps up to 64 pipes. */
    private static final int IDLE_PIPES = 2 * 64 * Runtime.getRuntime().availableProcessors();

    private static final double GROWTH = 1.2;

    private Soak() {}

    public static void main(String[] arguments) throws IOException {
        long seconds = arguments.length > 0 ? Long.parseLong(arguments[0]) : 600;
        boolean paranoid = arguments.length > 1 && arguments[1].equals("paranoid");
        boolean whole;
        try (TemporaryFolder folder = new TemporaryFolder("sluice-soak");
                Lab lab = Lab.create();
                StreamEcho echo = new StreamEcho(PODS.stream().map(lab::pod).toList());
                DatagramEcho _ = new DatagramEcho(PODS.stream().map(lab::pod).toList())) {
            System.out.printf(Locale.ROOT, "%d seconds with up to %d endpoints%n", seconds, echo.pods());
            ManifestFolder manifests = new ManifestFolder(folder.path());
            manifests.write(
                    "service.yaml",
                    SERVICE.service()
                            + SoakDatagrams.SERVICE.service()
                            + SoakDatagrams.STEADY.service()
                            + SoakDatagrams.STEADY.slices(PODS, List.of()));
            churn(manifests, PODS);
            DaemonOptions options = new DaemonOptions(
                    ProxyMode.USERSPACE, manifests.flags(), List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            try (DaemonProcess daemon =
                    DaemonProcess.start(lab.node(), options, folder.resolve("log"), environment(paranoid))) {
                daemon.awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6);
                whole = run(lab, manifests, daemon, seconds, paranoid);
            }
        }
        System.exit(whole ? 0 : 1);
    }

    private static Map<String, String> environment(boolean paranoid) {
        return paranoid ? Map.of("SLUICE_JAVA_OPTS", "-Dio.netty.leakDetection.level=paranoid") : Map.of();
    }

    private static boolean run(Lab lab, ManifestFolder manifests, DaemonProcess daemon, long seconds, boolean paranoid)
            throws IOException {
        Random random = new Random(1);
        int filesBefore = daemon.openFiles();
        long start = System.nanoTime();
        long end = start + Duration.ofSeconds(seconds).toNanos();
        long third = start + Duration.ofSeconds(seconds).toNanos() / 3;
        long told = start;
        long settled = 0;
        SoakClients clients = new SoakClients(lab);
        SoakDatagrams datagrams = new SoakDatagrams(lab);
        try (clients;
                datagrams) {
            while (System.nanoTime() - end < 0 && daemon.isAlive()) {
                LockSupport.parkNanos(CHURN.toNanos());
                List<String> pods = new ArrayList<>(PODS);
                Collections.shuffle(pods, random);
                churn(manifests, pods.subList(0, 1 + random.nextInt(PODS.size())));
                long now = System.nanoTime();
                if (settled == 0 && now - third > 0) {
                    settled = daemon.residentKib();
                }
                if (now - told > 10_000_000_000L) {
                    told = now;
                    tell((now - start) / 1_000_000_000, daemon, clients, datagrams);
                }
            }
        }
        long resident = daemon.residentKib();
        Awaitility.await("no connection is counted as open any more")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() ->
                        daemon.metric("sluice_userspace_connections_active").orElse(-1) == 0);
        Awaitility.await("the flows have ended")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> daemon.metric("sluice_userspace_udp_flows_active").orElse(-1) == 0);
        Awaitility.await("the descriptors of all connections are closed")
                .atMost(PATIENCE)
                .pollInterval(Duration.ofMillis(200))
                .until(() -> daemon.openFiles() <= filesBefore + IDLE_PIPES);
        tell(seconds, daemon, clients, datagrams);
        boolean leak = daemon.logText().contains("LEAK");
        System.out.printf(
                Locale.ROOT,
                "memory %d MiB after a third, %d MiB in the end; descriptors %d before, %d after; buffers lost: %s%n",
                settled >> 10,
                resident >> 10,
                filesBefore,
                daemon.openFiles(),
                leak);
        return clients.failures() == 0
                && clients.streams() > 0
                && datagrams.failures() == 0
                && datagrams.pass()
                && (paranoid || resident < GROWTH * settled)
                && !leak
                && daemon.metric("sluice_userspace_connections_spliced_total").orElse(0) > 0;
    }

    private static void tell(long seconds, DaemonProcess daemon, SoakClients clients, SoakDatagrams datagrams)
            throws IOException {
        System.out.printf(
                Locale.ROOT,
                "%4d s  %3d MiB, %4d descriptors, %s; %s%n",
                seconds,
                daemon.residentKib() >> 10,
                daemon.openFiles(),
                clients,
                datagrams);
    }

    private static void churn(ManifestFolder manifests, List<String> pods) {
        for (IpFamily family : IpFamily.values()) {
            manifests.write(
                    family.label() + ".yaml",
                    SERVICE.slice(family, pods, List.of()) + SoakDatagrams.SERVICE.slice(family, pods, List.of()));
        }
    }
}
