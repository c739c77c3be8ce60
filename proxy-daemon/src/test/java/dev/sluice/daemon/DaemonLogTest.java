// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.timing.Attempts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/** What the daemon, as a process, writes to its log, and how its level changes while it runs. */
@Tag("slow")
class DaemonLogTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final IpAddress LOOPBACK = IpAddress.of("127.0.0.1");
    private static final int METRICS_PORT = 10249;

    @TempDir
    Path folder;

    @Test
    void jsonWhoseLevelChangesByARequest() throws Exception {
        try (Lab lab = Lab.create();
                DaemonProcess daemon = start(lab, "--logging-format=json", "--profiling", "--v=2")) {
            daemon.awaitReady(PATIENCE, IpFamily.values());
            assertThat(objects(daemon))
                    .isNotEmpty()
                    .allSatisfy(object -> assertThat(object.get("v")).isEqualTo(0));
            assertThat(objects(daemon)).anySatisfy(object -> {
                assertThat(object.get("msg")).isEqualTo("Sluice starts");
                assertThat(object.get("mode")).isEqualTo(IdleDaemon.IDLE.flagValue());
            });

            HttpPage set = HttpPage.send(lab.node(), LOOPBACK, METRICS_PORT, "PUT", "/debug/flags/v", "4");
            assertThat(set.status()).isEqualTo(200);
            assertThat(set.body()).isEqualTo("successfully set klog.logging.verbosity to 4\n");
            change("web");
            awaitLine(daemon, "\"v\":4,", "\"synced\"", "\"family\":\"IPv4\"");
            assertThat(objects(daemon)).anyMatch(object -> Integer.valueOf(4).equals(object.get("v")));
            assertThat(daemon.page("/flagz").body())
                    .contains("\nlogging-format=json\n", "\nv=2\n", "\nprofiling=true\n");
            assertThat(daemon.page("/statusz").body()).contains("\nPaths: /configz /debug /flagz /healthz /metrics ");
            assertThat(daemon.page("/metrics/slis").body())
                    .contains("kubernetes_healthcheck{name=\"proxy\",type=\"healthz\"} 1.0");
            assertThat(daemon.page("/debug/pprof/threads").body()).contains("\"sluice-sync\"");
            assertThat(daemon.terminate(PATIENCE)).isNotNegative();
            assertThat(objects(daemon)).isNotEmpty();
        }
    }

    @Test
    void textWithALevelForOneClass() throws Exception {
        try (Lab lab = Lab.create();
                DaemonProcess daemon = start(lab, "--vmodule=FamilySync=4,Nothing=9")) {
            daemon.awaitReady(PATIENCE, IpFamily.values());
            change("web");
            awaitLine(daemon, " FamilySync] \"synced\" family=\"IPv4\" full=\"false\"");
            List<String> lines = daemon.logText().lines().toList();
            assertThat(lines)
                    .allMatch(line ->
                            line.matches("[IWE]\\d{4} \\d\\d:\\d\\d:\\d\\d\\.\\d{6} +" + daemon.pid() + " \\w+] \".*"))
                    .noneMatch(line -> line.contains(" ManifestDirectory] "));
            assertThat(daemon.page("/debug/flags/v").status())
                    .as("without --profiling")
                    .isEqualTo(404);
            assertThat(daemon.page("/debug/pprof/").status()).isEqualTo(404);
        }
    }

    private DaemonProcess start(Lab lab, String... flags) {
        ManifestFolder manifests = new ManifestFolder(folder);
        List<String> all = new ArrayList<>(List.of(flags));
        all.add("--nodeport-addresses=primary");
        DaemonOptions options = new DaemonOptions(IdleDaemon.IDLE, manifests.flags(), all);
        return DaemonProcess.start(lab.node(), IdleDaemon.class, options, folder.resolve("log"));
    }

    private void change(String service) {
        new ManifestFolder(folder).write(service + ".yaml", """
                apiVersion: v1
                kind: Service
                metadata: {name: %s, namespace: shop}
                spec:
                  clusterIP: 10.96.0.7
                  ports: [{name: http, port: 80}]
                """.formatted(service));
    }

    private static void awaitLine(DaemonProcess daemon, String... parts) {
        Attempts.until(PATIENCE, "a line of the log has " + List.of(parts), () -> {
            String text = daemon.logText();
            return new Attempts.Observation(
                    text.lines().anyMatch(line -> List.of(parts).stream().allMatch(line::contains)), text);
        });
    }

    /** The whole lines of the log, each of which is an object. */
    @SuppressWarnings("unchecked") // an object has texts as keys
    private static List<Map<String, Object>> objects(DaemonProcess daemon) {
        String text = daemon.logText();
        Load load = new Load(LoadSettings.builder().build());
        List<Map<String, Object>> objects = new ArrayList<>();
        text.substring(0, text.lastIndexOf('\n') + 1)
                .lines()
                .forEach(line -> objects.add((Map<String, Object>) load.loadFromString(line)));
        return objects;
    }
}
