// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.ipvs;

import static dev.sluice.bench.Samples.median;

import dev.sluice.bench.DaemonClock;
import dev.sluice.bench.MarkdownTable;
import dev.sluice.bench.ServiceChange;
import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.model.ManyServices;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Measures ipvs mode at several numbers of Services: first sync and one change of the real daemon, beside the kernel's
 * own tools with the same content in the same run. Arguments: the numbers of Services.
 */
public final class IpvsBench {
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final int REPEATS = 5;
    /** Keeps scrapes that wait for syncs from reading the kernel's counters each time. */
    private static final Map<String, String> NO_TRAFFIC =
            Map.of("SLUICE_JAVA_OPTS", "-Dsluice.metrics.service-ports=0");

    private final MarkdownTable firstSyncs = new MarkdownTable(
            "First sync",
            "Services | start to in force, s | sync, ms | messages | bytes | RSS, MiB | tools: lines"
                    + " | ipvsadm + ipset + ip, ms | tools / ours | ipvsadm / ours");
    private final MarkdownTable changes = new MarkdownTable(
            "One change (medians)",
            "Services | change | messages | bytes | sync, ms | tools: lines | tools, ms | tools / ours");
    private final MarkdownTable restarts = new MarkdownTable(
            "A start that finds everything in force, and a scrape with the traffic of 1,000 service ports",
            "Services | start to in force, s | sync, ms | messages | /metrics, ms");

    private IpvsBench() {}

    public static void main(String[] arguments) throws IOException {
        IpvsBench bench = new IpvsBench();
        for (String services : arguments) {
            System.err.println("bench: ipvs at " + services + " Services");
            bench.measure(Integer.parseInt(services));
        }
        bench.print(System.out);
    }

    private void measure(int services) throws IOException {
        try (TemporaryFolder folder = new TemporaryFolder("sluice-bench");
                Lab lab = Lab.create();
                ToolClock tools = new ToolClock()) {
            Path manifests = Files.createDirectory(folder.resolve("manifests"));
            ManyServices many = ManyServices.withoutPods(manifests);
            many.write(services);
            DaemonOptions options =
                    new DaemonOptions(ProxyMode.IPVS, List.of("--manifests", manifests.toString()), List.of());
            long start = System.nanoTime();
            try (DaemonProcess daemon = DaemonProcess.start(lab.node(), options, folder.resolve("log"), NO_TRAFFIC)) {
                daemon.awaitReady(PATIENCE, IpFamily.IPV4);
                DaemonClock clock = new DaemonClock(daemon);
                DaemonClock.FirstSync first = clock.firstSync((System.nanoTime() - start) / 1e9);
                KernelContent content = KernelContent.of(lab.node());
                ToolClock.Took took = tools.replay(content);
                firstSyncs.row(
                        "%d | %.1f | %.0f | %d | %d | %.0f | %d | %s | %.1f | %.1f",
                        services,
                        first.inForceSeconds(),
                        first.syncSeconds() * 1000,
                        first.lines(),
                        first.bytes(),
                        first.mebibytes(),
                        content.size(),
                        took,
                        took.all() / 1000 / first.syncSeconds(),
                        took.ipvsadm() / 1000 / first.syncSeconds());
                for (ServiceChange change : ServiceChange.values()) {
                    measure(services, change, lab, many, clock, tools);
                }
            }
            tools.clear();
            restart(services, lab, options, folder.resolve("log"));
        }
    }

    private void restart(int services, Lab lab, DaemonOptions options, Path log) throws IOException {
        long start = System.nanoTime();
        try (DaemonProcess daemon = DaemonProcess.start(lab.node(), options, log)) {
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            DaemonClock.FirstSync sync = new DaemonClock(daemon).firstSync((System.nanoTime() - start) / 1e9);
            List<Double> scrapes = new ArrayList<>();
            for (int i = 0; i < REPEATS; i++) {
                long begin = System.nanoTime();
                daemon.metrics();
                scrapes.add((System.nanoTime() - begin) / 1e6);
            }
            restarts.row(
                    "%d | %.1f | %.0f | %d | %.0f",
                    services,
                    sync.inForceSeconds(),
                    sync.syncSeconds() * 1000,
                    sync.lines(),
                    median(scrapes, millis -> millis));
        }
    }

    private void measure(
            int services, ServiceChange change, Lab lab, ManyServices many, DaemonClock clock, ToolClock tools)
            throws IOException {
        KernelContent before = KernelContent.of(lab.node());
        clock.change(() -> change.apply(many, true));
        KernelContent after = KernelContent.of(lab.node());
        clock.change(() -> change.apply(many, false));
        KernelContent there = after.since(before);
        KernelContent back = before.since(after);
        List<DaemonClock.Change> ours = new ArrayList<>();
        List<ToolClock.Took> theirs = new ArrayList<>();
        for (int i = 0; i < REPEATS; i++) {
            ours.add(clock.change(() -> change.apply(many, true)));
            clock.change(() -> change.apply(many, false));
            theirs.add(tools.replay(there));
            tools.replay(back);
        }
        double sync = median(ours, DaemonClock.Change::syncMillis);
        double replay = median(theirs, ToolClock.Took::all);
        changes.row(
                "%d | %s | %d | %d | %.1f | %d | %.1f | %.1f",
                services,
                change,
                ours.getLast().lines(),
                ours.getLast().bytes(),
                sync,
                there.size(),
                replay,
                replay / sync);
    }

    private void print(PrintStream out) {
        out.println("""
            Sluice's ipvs mode, IPv4, every Service with 5 endpoints, beside the kernel's own tools with the same content in a
            namespace of their own: ipvsadm -R, ipset restore and ip -batch. Ratios are tools / ours: above 1 where the daemon
            is faster.\
            """);
        firstSyncs.print(out);
        changes.print(out);
        restarts.print(out);
    }
}
