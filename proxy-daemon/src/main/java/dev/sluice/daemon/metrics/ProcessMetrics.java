// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

import dev.sluice.linux.sysctl.KernelFiles;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.function.DoubleSupplier;

/** The metrics that every Prometheus client has of its own process, read from /proc at each scrape. */
public final class ProcessMetrics {
    private static final Path STATUS = Path.of("/proc/self/status");

    private ProcessMetrics() {}

    public static void register(PrometheusRegistry registry, InstantSource clock) {
        double started = clock.instant().getEpochSecond();
        gauge(registry, "process_start_time_seconds", "Start time of the process", () -> started);
        gauge(registry, "process_resident_memory_bytes", "Resident memory size", () -> number("VmRSS:") * 1024);
        gauge(registry, "process_virtual_memory_bytes", "Virtual memory size", () -> number("VmSize:") * 1024);
        gauge(
                registry,
                "process_resident_memory_peak_bytes",
                "Peak of the resident memory",
                () -> number("VmHWM:") * 1024);
        gauge(registry, "process_threads", "Threads of the process", () -> number("Threads:"));
    }

    private static void gauge(PrometheusRegistry registry, String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(point -> point.call(value.getAsDouble()))
                .register(registry);
    }

    private static double number(String key) {
        try {
            return KernelFiles.lines(STATUS).stream()
                    .filter(line -> line.startsWith(key))
                    .mapToDouble(line -> Double.parseDouble(
                            line.substring(key.length()).replace("kB", "").trim()))
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException e) {
            return Double.NaN;
        }
    }
}
