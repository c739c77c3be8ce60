// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.demo;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.drills.picture.TerminalPicture;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.lab.TemporaryFolder;
import dev.sluice.testkit.prometheus.PrometheusServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Builds a small cluster in the lab, starts the daemon on the manifests in {@code examples/}, calls every kind of
 * service address, and prints which Pods answered. Exits with 1 when a Pod that should answer did not. Arguments: the
 * mode; and {@code --dashboard} to go on for a minute under a Prometheus and to draw what was seen.
 */
public final class Demo {
    private static final int CALLS = 30;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String ROW = "%-8s %-21s %-13s %-28s %s%n";

    private final ProxyMode mode;
    private final boolean drawsDashboard;
    private final PrintStream out;
    /** What was printed, for the picture of a terminal. */
    private final StringBuilder printed = new StringBuilder();

    private Demo(ProxyMode mode, boolean drawsDashboard, PrintStream out) {
        this.mode = mode;
        this.drawsDashboard = drawsDashboard;
        this.out = out;
    }

    public static void main(String[] arguments) throws IOException {
        String text = arguments.length == 0 ? "" : arguments[0];
        ProxyMode mode = ProxyMode.parse(text).orElse(null);
        if (mode == null) {
            System.err.println("demo: unknown mode '" + text + "'; MODE is one of " + ProxyMode.choices());
            System.exit(2);
            return;
        }
        boolean dashboard = List.of(arguments).contains("--dashboard");
        if (dashboard && (!PrometheusServer.isInstalled() || Boolean.getBoolean("sluice.guest"))) {
            System.err.println("demo: the dashboard needs Debian's prometheus (dev/setup installs it), and a mode that"
                    + " this kernel has: what is written inside the virtual machine is lost");
            System.exit(2);
            return;
        }
        System.exit(new Demo(mode, dashboard, System.out).run() ? 0 : 1);
    }

    private boolean run() throws IOException {
        long start = System.nanoTime();
        try (TemporaryFolder folder = new TemporaryFolder("sluice-demo");
                Lab lab = Lab.create()) {
            print(String.format(
                    Locale.ROOT,
                    "A cluster of network namespaces, made in %.1f s: node-a with Pods a2 to a5, node-b with b2 to b5,"
                            + " and a client outside.%n",
                    (System.nanoTime() - start) / 1e9));
            ManifestFolder manifests = new ManifestFolder(folder.path());
            DashboardMinute.copyExamples(manifests);
            DaemonOptions options =
                    new DaemonOptions(mode, manifests.flags(), List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            start = System.nanoTime();
            try (DaemonProcess daemon = DaemonProcess.start(lab.node(), options, folder.resolve("daemon.log"))
                    .awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6)) {
                print(String.format(
                        Locale.ROOT,
                        "sluice --proxy-mode=%s --manifests examples runs on node-a, in force after %.1f s.%n%n",
                        mode.flagValue(),
                        (System.nanoTime() - start) / 1e9));
                boolean good = calls(lab, daemon);
                if (drawsDashboard) {
                    draw(lab, manifests, folder.path());
                }
                return good;
            }
        }
    }

    private void draw(Lab lab, ManifestFolder manifests, Path folder) throws IOException {
        Path pictures = Files.createDirectories(Launcher.repository().resolve("proxy-drills/target"));
        Path terminal = pictures.resolve("demo.svg");
        Files.writeString(terminal, TerminalPicture.of("sluice", "make demo", printed.toString()));
        Path dashboard = pictures.resolve("dashboard.svg");
        String subtitle = "make demo DASHBOARD=1 MODE=" + mode.flagValue();
        new DashboardMinute(lab, manifests, out).play(folder, dashboard, subtitle);
        out.println("Pictures: " + terminal + ", " + dashboard);
    }

    private void print(String text) {
        printed.append(text);
        out.print(text);
    }

    private boolean calls(Lab lab, DaemonProcess daemon) throws IOException {
        print(String.format(
                Locale.ROOT, ROW, "from", "Service", "by", "address", "answers by Pod, of " + CALLS + " calls"));
        boolean good = true;
        for (ExampleCall call : ExampleCall.ofExamples()) {
            Map<String, Integer> answers = call(lab, call);
            boolean allAnswered = answers.keySet().equals(Set.copyOf(call.pods()));
            good &= allAnswered;
            print(String.format(
                    Locale.ROOT,
                    ROW,
                    call.from(),
                    call.service(),
                    call.kind(),
                    call.destination(),
                    answers.entrySet().stream()
                                    .map(e -> e.getKey() + " " + e.getValue())
                                    .collect(Collectors.joining(", "))
                            + (allAnswered ? "" : "   <- want answers of just " + call.pods())));
        }
        print(String.format(
                Locale.ROOT,
                "%n%s The daemon takes %.0f MiB.%n",
                good ? "Every Pod behind every address answered." : "Something is wrong: see the rows above.",
                daemon.metric("process_resident_memory_bytes").orElse(Double.NaN) / (1 << 20)));
        return good;
    }

    private static Map<String, Integer> call(Lab lab, ExampleCall call) {
        Caller caller = lab.host(call.from()).caller().waiting(Duration.ofSeconds(10));
        Map<String, Integer> answers = new TreeMap<>();
        for (int i = 0; i < CALLS; i++) {
            Outcome outcome = call.protocol() == Protocol.UDP
                    ? caller.udp(call.address(), call.port())
                    : caller.tcp(call.address(), call.port());
            String who = outcome instanceof Outcome.Answer answer ? answer.pod() : outcome.toString();
            answers.merge(who, 1, Integer::sum);
        }
        return answers;
    }
}
