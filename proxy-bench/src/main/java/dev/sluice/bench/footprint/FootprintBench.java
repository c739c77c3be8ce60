// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.footprint;

import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.ProcessMemory;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.cluster.ApiServerProcess;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Measures what the daemon costs a node, against an API server over TLS: start, processor time, memory. The programs
 * take turns, each on a node without rules. Arguments: modes, numbers of Services, and starts of each (lists are
 * separated by blanks), then kube-proxy's binary, if there is one.
 */
public final class FootprintBench {
    private static final int CHANGES = 100;
    private static final Duration END = Duration.ofMinutes(2);
    private static final String SYNCS = "kubeproxy_sync_proxy_rules_duration_seconds_count";

    private final MarkdownTable table = new MarkdownTable(
            "Footprint",
            "mode | Services | program | healthy after, s | CPU, s | tools' CPU, s | RSS, MiB | PSS | anonymous"
                    + " | after " + CHANGES + " changes: RSS | PSS | anonymous | idle: CPU, ms/s");
    private final List<ProxyMode> modes;
    private final int rounds;
    private final List<ProxyProgram> programs = new ArrayList<>();

    private FootprintBench(List<ProxyMode> modes, int rounds) {
        this.modes = modes;
        this.rounds = rounds;
    }

    public static void main(String[] arguments) throws IOException {
        System.out.println(
                "load before: " + KernelFiles.read(Path.of("/proc/loadavg")).strip() + "; processors: "
                        + Runtime.getRuntime().availableProcessors());
        try (TemporaryFolder folder = new TemporaryFolder("sluice-bench")) {
            FootprintBench bench = new FootprintBench(modes(arguments[0]), Integer.parseInt(arguments[2]));
            bench.programs.add(ProxyProgram.shipped());
            bench.programs.add(ProxyProgram.plain(folder.resolve("plain")));
            if (arguments.length > 3 && !arguments[3].isBlank()) {
                bench.programs.add(ProxyProgram.kubeProxy(Path.of(arguments[3]).toAbsolutePath()));
            }
            for (String services : arguments[1].split(" ")) {
                bench.measure(Integer.parseInt(services), Files.createDirectory(folder.resolve("at-" + services)));
            }
            bench.table.print(System.out);
        }
        System.out.println(
                "\nload after: " + KernelFiles.read(Path.of("/proc/loadavg")).strip());
    }

    /** Those of {@code names} that this daemon knows. */
    private static List<ProxyMode> modes(String names) {
        List<String> wanted = List.of(names.split(" "));
        return Arrays.stream(ProxyMode.values())
                .filter(mode -> wanted.contains(mode.flagValue()))
                .toList();
    }

    private void measure(int services, Path folder) throws IOException {
        try (Lab lab = Lab.create();
                ApiServerProcess api = new ApiServerProcess(lab, folder, services)) {
            System.err.printf(
                    "bench: %d Services, whose slices are a list of %.1f MB%n", services, api.listBytes() / 1e6);
            for (ProxyMode mode : modes) {
                Map<ProxyProgram, Footprint> footprints = new LinkedHashMap<>();
                programs.stream()
                        .filter(program -> program.has(mode))
                        .forEach(program -> footprints.put(program, new Footprint()));
                for (int round = 1; round <= rounds; round++) {
                    for (ProxyProgram program : footprints.keySet()) {
                        System.err.println("bench: " + mode.flagValue() + ", " + program.name() + ", start " + round);
                        Footprint footprint = Objects.requireNonNull(footprints.get(program));
                        start(lab, api, mode, program, footprint, folder.resolve("log"), round == rounds);
                    }
                }
                report(mode, services, footprints);
            }
        }
    }

    private static void start(
            Lab lab,
            ApiServerProcess api,
            ProxyMode mode,
            ProxyProgram program,
            Footprint footprint,
            Path log,
            boolean measuresMemory)
            throws IOException {
        long start = System.nanoTime();
        try (DaemonProcess proxy = program.start(lab, mode, api.kubeconfig(), log)) {
            footprint.awaitHealthy(proxy, start);
            if (measuresMemory) {
                ProcessMemory atStart = ProcessMemory.settled(proxy.pid());
                api.change(CHANGES);
                footprint.remember(atStart, ProcessMemory.settled(proxy.pid()));
                footprint.rest(proxy);
                requireSyncs(proxy);
            }
            proxy.terminate(END);
        }
        program.cleanUp(lab);
    }

    /** A proxy that ignores the changes would look good. */
    private static void requireSyncs(DaemonProcess proxy) throws IOException {
        double syncs = proxy.metrics()
                .lines()
                .filter(line -> line.startsWith(SYNCS))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
        if (syncs < 3) {
            throw new LabException("the proxy has not synced the changes: " + proxy.logText());
        }
    }

    private void report(ProxyMode mode, int services, Map<ProxyProgram, Footprint> footprints) {
        Footprint shipped = footprints.values().iterator().next();
        footprints.forEach((program, footprint) -> {
            table.row(
                    "%s | %d | %s | %.2f | %.2f | %.2f | %s | %s | %.1f",
                    mode.flagValue(),
                    services,
                    program.name(),
                    footprint.seconds(),
                    footprint.processorSeconds(),
                    footprint.toolSeconds(),
                    footprint.afterStart().cells(),
                    footprint.afterChanges().cells(),
                    footprint.idleMillis());
            if (footprint != shipped) {
                ratio(mode, services, program, shipped, footprint);
            }
        });
    }

    private void ratio(ProxyMode mode, int services, ProxyProgram program, Footprint shipped, Footprint other) {
        ProcessMemory[] ours = {shipped.afterStart(), shipped.afterChanges()};
        ProcessMemory[] theirs = {other.afterStart(), other.afterChanges()};
        table.row(
                "%s | %d | shipped / %s | %.2f | %.2f | . | %.2f | . | %.2f | %.2f | . | %.2f | %.2f",
                mode.flagValue(),
                services,
                program.name(),
                shipped.seconds() / other.seconds(),
                shipped.processorSeconds() / other.processorSeconds(),
                ours[0].resident() / theirs[0].resident(),
                ours[0].anonymous() / theirs[0].anonymous(),
                ours[1].resident() / theirs[1].resident(),
                ours[1].anonymous() / theirs[1].anonymous(),
                shipped.idleMillis() / other.idleMillis());
    }
}
