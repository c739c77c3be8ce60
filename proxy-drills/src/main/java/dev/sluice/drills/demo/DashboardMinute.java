// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.demo;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.drills.dashboard.Dashboard;
import dev.sluice.drills.dashboard.DashboardPicture;
import dev.sluice.drills.dashboard.Window;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Caller;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.lab.Workers;
import dev.sluice.testkit.prometheus.PrometheusServer;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;

/**
 * A minute in the life of the demo's node, scraped by a real Prometheus: calls all the time, endpoints that change
 * every other second, rules flushed by somebody else, and a Service with an error. What the node's dashboard shows of
 * it becomes a picture.
 */
final class DashboardMinute {
    private static final int SECONDS = 60;
    private static final Duration PAUSE = Duration.ofMillis(25);
    private static final Duration PATIENCE = Duration.ofMinutes(1);
    private static final String RATE_INTERVAL = "5s";
    /** Seconds between two values, as Prometheus scrapes. */
    private static final double STEP = 1;

    private static final String BROKEN = "broken.yaml";
    private static final String CHANGING = "changing.yaml";

    private final Lab lab;
    private final ManifestFolder manifests;
    private final PrintStream out;

    /** Something that happens at a second of the minute. */
    private record Act(int second, String text, Runnable what) {}

    DashboardMinute(Lab lab, ManifestFolder manifests, PrintStream out) {
        this.lab = lab;
        this.manifests = manifests;
        this.out = out;
    }

    /** Puts the manifests in {@code examples/} into a folder that can change. */
    static void copyExamples(ManifestFolder to) throws IOException {
        try (var files = Files.list(Launcher.repository().resolve("examples"))) {
            for (Path file : files.toList()) {
                to.write(file.getFileName().toString(), TextFile.read(file));
            }
        }
    }

    /** Plays the minute, and writes the picture to {@code picture}. */
    void play(Path folder, Path picture, String subtitle) throws IOException {
        out.printf("%nA minute of traffic, scraped by Prometheus each second:%n");
        try (PrometheusServer prometheus = PrometheusServer.start(lab.node(), folder, List.of());
                Workers traffic = new Workers()) {
            Attempts.untilTrue(
                    PATIENCE,
                    "Prometheus has scraped the daemon",
                    () -> !prometheus.query("sluice_build_info").isEmpty());
            double begin = now();
            List<Act> acts = acts(traffic);
            for (int second = 0; second <= SECONDS; second++) {
                for (Act act : acts) {
                    if (act.second() == second) {
                        out.printf("%5d s  %s%n", second, act.text());
                        act.what().run();
                    }
                }
                if (second % 2 == 0) {
                    changeEndpoints(second / 2);
                }
                LockSupport.parkUntil((long) ((begin + second + 1) * 1000));
            }
            Dashboard dashboard =
                    Dashboard.read(Launcher.repository().resolve("helm/sluice/files/dashboards/node.json"));
            Files.writeString(
                    picture,
                    DashboardPicture.draw(
                            dashboard, prometheus, new Window(begin, now(), STEP, RATE_INTERVAL), subtitle));
        }
    }

    private List<Act> acts(Workers traffic) {
        List<ExampleCall> calls = ExampleCall.ofExamples();
        return List.of(
                new Act(
                        0,
                        "three callers begin, and shop/changing gets other endpoints every 2 s",
                        () -> callers(traffic, calls, 3)),
                new Act(15, "five more callers", () -> callers(traffic, calls, 5)),
                new Act(22, "somebody runs iptables -t nat -F PREROUTING", this::flush),
                new Act(30, "a Service with an invalid address is applied", () -> manifests.write(BROKEN, broken())),
                new Act(38, "iptables -t nat -F PREROUTING again", this::flush),
                new Act(48, "that Service is deleted", () -> manifests.delete(BROKEN)));
    }

    private void callers(Workers traffic, List<ExampleCall> calls, int count) {
        for (int i = 0; i < count; i++) {
            ExampleCall call = calls.get(i % calls.size());
            Caller caller = lab.host(call.from()).caller();
            traffic.repeat("caller-" + i, () -> {
                if (call.protocol() == Protocol.UDP) {
                    caller.udp(call.address(), call.port());
                } else {
                    caller.tcp(call.address(), call.port());
                }
                LockSupport.parkNanos(PAUSE.toNanos());
            });
        }
    }

    private void flush() {
        lab.node().run("iptables", "-w", "-t", "nat", "-F", "PREROUTING").orThrow();
    }

    /** Gives shop/changing one to four endpoints, with the time of the change as a controller writes it. */
    private void changeEndpoints(int round) {
        List<String> pods = LabAddresses.LOCAL_PODS.subList(0, 1 + round / 3 % 4);
        String endpoints = pods.stream()
                .map(pod -> "- addresses: [\"" + LabAddresses.of(pod, IpFamily.IPV4) + "\"]\n"
                        + "  conditions: {ready: " + (round % 2 == 0 || !pod.equals("a2")) + "}\n")
                .collect(Collectors.joining());
        manifests.write(CHANGING, """
                apiVersion: v1
                kind: Service
                metadata: {name: changing, namespace: shop}
                spec: {clusterIP: 10.96.0.80, clusterIPs: [10.96.0.80], ports: [{name: http, port: 80}]}
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata:
                  name: changing-ipv4
                  namespace: shop
                  labels: {kubernetes.io/service-name: changing}
                  annotations: {%s: "%s"}
                addressType: IPv4
                ports: [{name: http, protocol: TCP, port: 8080}]
                endpoints:
                %s""".formatted(EndpointSliceObject.TRIGGER_TIME_ANNOTATION, Instant.now(), endpoints));
    }

    private static String broken() {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: broken, namespace: shop}
                spec: {clusterIP: 10.96.0.300, clusterIPs: [10.96.0.300], ports: [{name: http, port: 80}]}
                """;
    }

    private static double now() {
        return System.currentTimeMillis() / 1000.0;
    }
}
