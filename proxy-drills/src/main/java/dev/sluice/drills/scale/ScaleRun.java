// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.scale;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.model.ManyServices;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.awaitility.Awaitility;

/**
 * Prints the costs of the real daemon with many Services: the first sync, one changed Service (bytes and messages given
 * to the kernel, by the daemon's own metrics), and its resident memory.
 *
 * <p>Arguments: the mode, then the numbers of Services.
 */
public final class ScaleRun {
    private static final Duration PATIENCE = Duration.ofMinutes(10);
    private static final int CHANGES = 5;

    private final ProxyMode mode;
    private final PrintStream out;

    private ScaleRun(ProxyMode mode, PrintStream out) {
        this.mode = mode;
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        ProxyMode mode = ProxyMode.parse(arguments[0])
                .orElseThrow(() -> new IllegalArgumentException("a mode is one of " + ProxyMode.choices()));
        ScaleRun run = new ScaleRun(mode, System.out);
        run.out.println("| mode | Services | start to in force, s | first sync, s | first sync, bytes"
                + " | one change, bytes | one change, messages | one change, ms | RSS, MiB | RSS peak, MiB |");
        run.out.println("|---|---|---|---|---|---|---|---|---|---|");
        for (String services : List.of(arguments).subList(1, arguments.length)) {
            run.measure(Integer.parseInt(services));
        }
    }

    private void measure(int services) throws IOException {
        Path directory = Files.createTempDirectory("sluice-scale");
        try (Lab lab = Lab.create()) {
            Path manifests = Files.createDirectory(directory.resolve("manifests"));
            ManyServices many = ManyServices.withoutPods(manifests);
            many.write(services);
            DaemonOptions options = new DaemonOptions(mode, List.of("--manifests", manifests.toString()), List.of());
            long start = System.nanoTime();
            try (DaemonProcess daemon = DaemonProcess.start(lab.node(), options, directory.resolve("log"))) {
                daemon.awaitReady(PATIENCE, IpFamily.IPV4);
                double ready = (System.nanoTime() - start) / 1e9;
                double firstSeconds = value(daemon, "kubeproxy_sync_proxy_rules_duration_seconds_sum");
                double firstBytes = value(daemon, "sluice_kernel_bytes_total");
                double before = value(daemon, "sluice_kernel_messages_total");
                double secondsBefore = firstSeconds;
                for (int generation = 1; generation <= CHANGES; generation++) {
                    change(daemon, many, generation);
                }
                double messages = (value(daemon, "sluice_kernel_messages_total") - before) / CHANGES;
                double millis = (value(daemon, "kubeproxy_sync_proxy_rules_duration_seconds_sum") - secondsBefore)
                        * 1000
                        / CHANGES;
                out.printf(
                        "| %s | %d | %.2f | %.3f | %.0f | %.0f | %.0f | %.1f | %.1f | %.1f |%n",
                        mode.flagValue(),
                        services,
                        ready,
                        firstSeconds,
                        firstBytes,
                        value(daemon, "sluice_last_sync_kernel_bytes"),
                        messages,
                        millis,
                        mebibytes(daemon, "process_resident_memory_bytes"),
                        mebibytes(daemon, "process_resident_memory_peak_bytes"));
            }
        } finally {
            delete(directory);
        }
    }

    private static void change(DaemonProcess daemon, ManyServices many, int generation) throws IOException {
        double syncs = value(daemon, "kubeproxy_sync_proxy_rules_duration_seconds_count");
        many.replaceAll(generation);
        Awaitility.await()
                .atMost(Duration.ofMinutes(2))
                .pollInterval(Duration.ofMillis(50))
                .until(() -> value(daemon, "kubeproxy_sync_proxy_rules_duration_seconds_count") > syncs);
    }

    private static double value(DaemonProcess daemon, String name) throws IOException {
        String series = name + "{ip_family=\"IPv4\"}";
        return daemon.metric(series).orElseThrow(() -> new LabException("the daemon has no metric " + series));
    }

    private static double mebibytes(DaemonProcess daemon, String name) throws IOException {
        return daemon.metric(name).orElse(Double.NaN) / (1 << 20);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
