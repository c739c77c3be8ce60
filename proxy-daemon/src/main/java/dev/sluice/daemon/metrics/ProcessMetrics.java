// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.linux.sysctl.KernelFiles;
import io.prometheus.metrics.core.metrics.CounterWithCallback;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.stream.Stream;

/**
 * The metrics that the Prometheus client for Go has of its process, read from /proc at each scrape. The client for Java
 * lacks the network's and takes the rest from management beans, which cost memory.
 */
public final class ProcessMetrics {
    private static final Path SELF = Path.of("/proc/self");
    /** The unit of times in /proc/PID/stat, the same on all architectures that have a JDK 25. */
    private static final double TICKS_PER_SECOND = 100;
    /** Fields of /proc/PID/stat behind the name (proc(5), 14, 15 and 22). */
    private static final int USER_TIME = 11;

    private static final int SYSTEM_TIME = 12;
    private static final int START = 19;
    /** What a resource without a limit has, as Go prints it. */
    private static final double UNLIMITED = Math.pow(2, 64);

    private final PrometheusRegistry registry;

    private ProcessMetrics(PrometheusRegistry registry) {
        this.registry = registry;
    }

    static void register(PrometheusRegistry registry) {
        new ProcessMetrics(registry).register();
    }

    private void register() {
        double started = started().toEpochMilli() / 1000.0;
        gauge("process_start_time_seconds", "Start time of the process", () -> started);
        counter(
                "process_cpu_seconds_total",
                "User and system CPU time of the process",
                () -> (stat(USER_TIME) + stat(SYSTEM_TIME)) / TICKS_PER_SECOND);
        gauge("process_open_fds", "Open file descriptors", ProcessMetrics::openFiles);
        gauge("process_max_fds", "The soft limit of open file descriptors", () -> limit("Max open files"));
        gauge("process_resident_memory_bytes", "Resident memory size", () -> status("VmRSS:") * 1024);
        gauge("process_resident_memory_peak_bytes", "Peak of the resident memory", () -> status("VmHWM:") * 1024);
        gauge("process_virtual_memory_bytes", "Virtual memory size", () -> status("VmSize:") * 1024);
        gauge("process_virtual_memory_max_bytes", "The soft limit of virtual memory", () -> limit("Max address space"));
        gauge("process_threads", "Threads of the process", () -> status("Threads:"));
        counter(
                "process_network_receive_bytes_total",
                "Bytes that the process's network namespace received",
                () -> network("InOctets"));
        counter(
                "process_network_transmit_bytes_total",
                "Bytes that the process's network namespace sent",
                () -> network("OutOctets"));
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(point -> point.call(value.getAsDouble()))
                .register(registry);
    }

    private void counter(String name, String help, DoubleSupplier value) {
        CounterWithCallback.builder()
                .name(name)
                .help(help)
                .callback(point -> point.call(value.getAsDouble()))
                .register(registry);
    }

    /** When this process began; now where it cannot be found out. */
    public static Instant started() {
        double booted = lines(Path.of("/proc/stat")).stream()
                .filter(line -> line.startsWith("btime "))
                .mapToDouble(line -> Double.parseDouble(line.substring("btime ".length())))
                .findFirst()
                .orElse(Double.NaN);
        double started = booted + stat(START) / TICKS_PER_SECOND;
        return Double.isNaN(started) ? Instant.now() : Instant.ofEpochMilli(Math.round(started * 1000));
    }

    /** A field of /proc/self/stat, counted behind the process's name, which may have blanks and brackets. */
    private static double stat(int field) {
        return lines(SELF.resolve("stat")).stream()
                .mapToDouble(line -> Double.parseDouble(
                        line.substring(line.lastIndexOf(')') + 2).split(" ", -1)[field]))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static double status(String key) {
        return lines(SELF.resolve("status")).stream()
                .filter(line -> line.startsWith(key))
                .mapToDouble(line -> Double.parseDouble(
                        line.substring(key.length()).replace("kB", "").trim()))
                .findFirst()
                .orElse(Double.NaN);
    }

    /** The soft limit, the first column behind the name. */
    private static double limit(String name) {
        return lines(SELF.resolve("limits")).stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(name.length()).strip().split(" +", -1)[0])
                .mapToDouble(limit -> limit.equals("unlimited") ? UNLIMITED : Double.parseDouble(limit))
                .findFirst()
                .orElse(Double.NaN);
    }

    private static double openFiles() {
        try (Stream<Path> files = Files.list(SELF.resolve("fd"))) {
            return files.count();
        } catch (IOException e) {
            return Double.NaN;
        }
    }

    /** A counter of the IP layer, both families: a line of names and one of values. */
    private static double network(String name) {
        List<List<String>> rows = new ArrayList<>();
        for (String line : lines(SELF.resolve("net/netstat"))) {
            if (line.startsWith("IpExt: ")) {
                rows.add(List.of(line.split(" ", -1)));
            }
        }
        int column = rows.size() == 2 ? rows.get(0).indexOf(name) : -1;
        return column < 0 ? Double.NaN : Double.parseDouble(rows.get(1).get(column));
    }

    /** None where the file cannot be read. */
    private static List<String> lines(Path file) {
        try {
            return KernelFiles.lines(file);
        } catch (IOException e) {
            return List.of();
        }
    }
}
