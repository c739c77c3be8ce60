// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.demo;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
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
 * service address, and prints which Pods answered. Argument: the mode. Exits with 1 when a Pod that should answer did
 * not.
 */
public final class Demo {
    private static final int CALLS = 30;
    private static final Duration PATIENCE = Duration.ofMinutes(3);
    private static final String ROW = "%-8s %-21s %-13s %-28s %s%n";

    private final ProxyMode mode;
    private final PrintStream out;

    private Demo(ProxyMode mode, PrintStream out) {
        this.mode = mode;
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
        System.exit(new Demo(mode, System.out).run() ? 0 : 1);
    }

    private boolean run() throws IOException {
        long start = System.nanoTime();
        Path log = Files.createTempFile("sluice-demo", ".log");
        try (Lab lab = Lab.create()) {
            out.printf(
                    Locale.ROOT,
                    "A cluster of network namespaces, made in %.1f s: node-a with Pods a2 to a5, node-b with b2 to b5,"
                            + " and a client outside.%n",
                    (System.nanoTime() - start) / 1e9);
            DaemonOptions options = new DaemonOptions(
                    mode,
                    List.of(
                            "--manifests",
                            Launcher.repository().resolve("examples").toString()),
                    List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
            start = System.nanoTime();
            try (DaemonProcess daemon =
                    DaemonProcess.start(lab.node(), options, log).awaitReady(PATIENCE, IpFamily.IPV4, IpFamily.IPV6)) {
                out.printf(
                        Locale.ROOT,
                        "sluice --proxy-mode=%s --manifests examples runs on node-a, in force after %.1f s.%n%n",
                        mode.flagValue(),
                        (System.nanoTime() - start) / 1e9);
                return calls(lab, daemon);
            }
        } finally {
            Files.delete(log);
        }
    }

    private boolean calls(Lab lab, DaemonProcess daemon) throws IOException {
        out.printf(ROW, "from", "Service", "by", "address", "answers by Pod, of " + CALLS + " calls");
        boolean good = true;
        for (ExampleCall call : ExampleCall.ofExamples()) {
            Map<String, Integer> answers = call(lab, call);
            boolean allAnswered = answers.keySet().equals(Set.copyOf(call.pods()));
            good &= allAnswered;
            out.printf(
                    ROW,
                    call.from(),
                    call.service(),
                    call.kind(),
                    call.destination(),
                    answers.entrySet().stream()
                                    .map(e -> e.getKey() + " " + e.getValue())
                                    .collect(Collectors.joining(", "))
                            + (allAnswered ? "" : "   <- want answers of just " + call.pods()));
        }
        out.printf(
                Locale.ROOT,
                "%n%s The daemon takes %.0f MiB.%n",
                good ? "Every Pod behind every address answered." : "Something is wrong: see the rows above.",
                daemon.metric("process_resident_memory_bytes").orElse(Double.NaN) / (1 << 20));
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
