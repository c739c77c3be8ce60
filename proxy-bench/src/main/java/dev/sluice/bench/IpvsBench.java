package dev.sluice.bench;

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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What ipvs mode costs at several numbers of Services: first sync and one change of the real daemon, beside the kernel's own
 * tools with the same content in the same run. Arguments: the numbers of Services.
 */
public final class IpvsBench {
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final int CHANGES = 5;
    /** Scrapes that wait for syncs shall not read the kernel's counters each time. */
    private static final Map<String, String> NO_TRAFFIC =
            Map.of("SLUICE_JAVA_OPTS", "-Dsluice.metrics.service-ports=0");

    private static final String[] KINDS = {"one endpoint replaced", "one Service added"};

    private final PrintStream out;
    private final List<String> firstSyncs = new ArrayList<>();
    private final List<String> changes = new ArrayList<>();
    private final List<String> restarts = new ArrayList<>();

    private IpvsBench(PrintStream out) {
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        IpvsBench bench = new IpvsBench(System.out);
        for (String services : arguments) {
            System.err.println("bench: ipvs at " + services + " Services");
            bench.measure(Integer.parseInt(services));
        }
        bench.print();
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
                firstSyncs.add(String.format(
                        Locale.ROOT,
                        "| %d | %.1f | %.0f | %d | %d | %.0f | %d | %s | %.1f | %.1f |",
                        services,
                        first.inForceSeconds(),
                        first.syncSeconds() * 1000,
                        first.lines(),
                        first.bytes(),
                        first.mebibytes(),
                        content.size(),
                        took,
                        took.all() / 1000 / first.syncSeconds(),
                        took.ipvsadm() / 1000 / first.syncSeconds()));
                for (int kind = 0; kind < KINDS.length; kind++) {
                    change(services, kind, lab, many, clock, tools);
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
            double[] scrapes = new double[CHANGES];
            for (int i = 0; i < CHANGES; i++) {
                long begin = System.nanoTime();
                daemon.metrics();
                scrapes[i] = (System.nanoTime() - begin) / 1e6;
            }
            restarts.add(String.format(
                    Locale.ROOT,
                    "| %d | %.1f | %.0f | %d | %.0f |",
                    services,
                    sync.inForceSeconds(),
                    sync.syncSeconds() * 1000,
                    sync.lines(),
                    median(scrapes)));
        }
    }

    private void change(int services, int kind, Lab lab, ManyServices many, DaemonClock clock, ToolClock tools)
            throws IOException {
        KernelContent before = KernelContent.of(lab.node());
        DaemonClock.Change cost = clock.change(() -> become(many, kind, 1));
        KernelContent after = KernelContent.of(lab.node());
        clock.change(() -> become(many, kind, 0));
        double[] ours = new double[CHANGES];
        double[] theirs = new double[CHANGES];
        KernelContent there = after.since(before);
        KernelContent back = before.since(after);
        for (int i = 0; i < CHANGES; i++) {
            cost = clock.change(() -> become(many, kind, 1));
            ours[i] = cost.syncMillis();
            clock.change(() -> become(many, kind, 0));
            theirs[i] = tools.replay(there).all();
            tools.replay(back);
        }
        changes.add(String.format(
                Locale.ROOT,
                "| %d | %s | %d | %d | %.1f | %d | %.1f | %.1f |",
                services,
                KINDS[kind],
                cost.lines(),
                cost.bytes(),
                median(ours),
                there.size(),
                median(theirs),
                median(theirs) / median(ours)));
    }

    private static void become(ManyServices many, int kind, int state) throws IOException {
        if (kind == 0) {
            many.replaceOne(state);
        } else {
            many.oneMore(state == 1);
        }
    }

    private static double median(double[] values) {
        double[] sorted = values.clone();
        Arrays.sort(sorted);
        return sorted[sorted.length / 2];
    }

    private void print() {
        out.println(
                "Sluice's ipvs mode, IPv4, every Service with 5 endpoints, beside the kernel's own tools with the same"
                    + " content in a\n"
                    + "namespace of their own: ipvsadm -R, ipset restore and ip -batch. Ratios are tools / ours: above"
                    + " 1 where the daemon is quicker.");
        table(
                "First sync",
                "Services | start to in force, s | sync, ms | messages | bytes | RSS, MiB | tools: lines"
                        + " | ipvsadm + ipset + ip, ms | tools / ours | ipvsadm / ours",
                firstSyncs);
        table(
                "One change (medians)",
                "Services | change | messages | bytes | sync, ms | tools: lines | tools, ms | tools / ours",
                changes);
        table(
                "A start that finds everything in force, and a scrape with the traffic of 1,000 service ports",
                "Services | start to in force, s | sync, ms | messages | /metrics, ms",
                restarts);
    }

    private void table(String title, String header, List<String> rows) {
        out.println("\n## " + title + "\n\n| " + header + " |");
        out.println("|" + "---|".repeat(header.split("\\|").length));
        rows.forEach(out::println);
    }
}
