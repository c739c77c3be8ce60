// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.HttpPage;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.timing.Attempts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the pages of the whole daemon, as a process on a node of its own, say when something is wrong. */
@Tag("slow")
class DaemonHealthTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int API_PORT = 6443;
    private static final String NODE = """
            {"metadata": {"name": "node-a", "resourceVersion": "VERSION"},
             "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.1"}]}}
            """;

    @TempDir
    Path folder;

    private static void await(DaemonProcess daemon, String path, int status, String... parts) {
        Attempts.until(PATIENCE, path + " is " + status + " with " + List.of(parts), () -> {
            assertThat(daemon.isAlive()).as(daemon.logText()).isTrue();
            HttpPage page = daemon.health(path);
            boolean all = page.status() == status && Stream.of(parts).allMatch(page.body()::contains);
            return new Attempts.Observation(all, page.status() + " " + page.body());
        });
    }

    private static void awaitNoProblems(DaemonProcess daemon) {
        Attempts.until(PATIENCE, "no problem is left", () -> {
            HttpPage page = daemon.healthz();
            return new Attempts.Observation(page.status() == 200 && !page.body().contains("problems"), page.body());
        });
    }

    private static void awaitMetric(DaemonProcess daemon, String series, double value) {
        Attempts.until(PATIENCE, series + " is " + value, () -> {
            double seen = daemon.metric(series).orElse(Double.NaN);
            return new Attempts.Observation(seen == value, String.valueOf(seen));
        });
    }

    /** From a start before the API server, through refused credentials, to the server's end. */
    @Test
    void theApiServersTroublesAreToldApartAndNoneEndsTheNode() throws Exception {
        DaemonOptions options =
                new DaemonOptions(IdleDaemon.IDLE, List.of("--master=http://127.0.0.1:" + API_PORT), List.of());
        try (Lab lab = Lab.create();
                DaemonProcess daemon =
                        DaemonProcess.start(lab.node(), IdleDaemon.class, options, folder.resolve("log"))) {
            await(daemon, "/healthz", 503, "\"starting\"", "waits for Node node-a", "\"api-unreachable\"", "Check");
            await(daemon, "/livez", 200, "\"healthy\":true");
            await(daemon, "/healthz?verbose", 503, "[-]rules failed:\n", "[-]api-server failed, not counted:");
            assertThat(daemon.page("/proxyMode").body()).isEqualTo(IdleDaemon.IDLE.flagValue());
            assertThat(daemon.page("/debug/explain?to=10.96.0.1&port=80").status())
                    .isEqualTo(503);
            awaitMetric(daemon, "sluice_health_problems{cause=\"api-unreachable\"}", 1);

            try (FakeApi api = lab.node().call(() -> new FakeApi(API_PORT, 1))) {
                api.put("nodes", "node-a", NODE);
                daemon.awaitReady(PATIENCE, IpFamily.IPV4);
                awaitNoProblems(daemon);
                await(daemon, "/healthz?verbose", 200, "[+]api-server ok\n", "healthz check passed\n");
                awaitMetric(daemon, "sluice_health_problems{cause=\"api-unreachable\"}", 0);
                assertThat(daemon.page("/debug/explain?to=10.96.0.1&port=80").status())
                        .isEqualTo(200);

                api.refuseReads("services", 403);
                api.cut();
                await(daemon, "/healthz", 200, "\"credentials-refused\"", " of services: HTTP 403", "node-proxier");
                awaitMetric(daemon, "sluice_watch_up{resource=\"services\"}", 0);
                awaitMetric(daemon, "sluice_health_problems{cause=\"credentials-refused\"}", 1);
                api.refuseReads("services", 0);
                awaitNoProblems(daemon);
                awaitMetric(daemon, "sluice_watch_up{resource=\"services\"}", 1);
            }
            await(daemon, "/healthz", 200, "\"api-unreachable\"", "\"since\":\"20");
            await(daemon, "/livez", 200);
        }
    }

    @Test
    void aConfigurationThatIsInvalidIsRefusedAndTheProcessGoesOn() throws Exception {
        String valid = """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: userspace
                hostnameOverride: node-a
                conntrack: {maxPerCore: 0}
                """;
        Path config = Files.writeString(folder.resolve("config.yaml"), valid);
        ManifestFolder manifests = new ManifestFolder(folder.resolve("manifests"));
        DaemonOptions options = new DaemonOptions(IdleDaemon.IDLE, manifests.flags(), List.of("--config=" + config));
        try (Lab lab = Lab.create();
                DaemonProcess daemon =
                        DaemonProcess.start(lab.node(), IdleDaemon.class, options, folder.resolve("log"))) {
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            awaitMetric(daemon, "sluice_config_last_reload_successful", 1);
            assertThat(daemon.metrics()).containsPattern("sluice_config_hash\\{hash=\"[0-9a-f]{64}\"} 1.0");

            Files.writeString(config, valid.replace("userspace", "carrier-pigeon"));
            await(daemon, "/healthz", 200, "\"configuration-refused\"", "carrier-pigeon", config.toString());
            awaitMetric(daemon, "sluice_config_last_reload_successful", 0);
            Files.writeString(config, valid);
            awaitNoProblems(daemon);
            awaitMetric(daemon, "sluice_config_last_reload_successful", 1);

            Files.writeString(config, valid + "iptables: {masqueradeBit: 13}\n");
            assertThat(daemon.awaitEnd(PATIENCE)).isEqualTo(1);
            assertThat(daemon.logText()).contains("carrier-pigeon", "has changed; exiting");
        }
    }

    /** A tool that hangs, watched by a watchdog with little patience. */
    @Test
    void livezTellsThatTheSyncThreadHangs() throws Exception {
        Path flag = Files.writeString(folder.resolve("hang"), "");
        List<String> tools = Stream.of("iptables", "ip6tables")
                .flatMap(tool -> Stream.of(tool + "-nft-restore", tool + "-legacy-restore", tool + "-restore"))
                .toList();
        for (String tool : tools) {
            shadow(tool, flag);
        }
        ManifestFolder manifests = new ManifestFolder(folder.resolve("manifests"));
        DaemonOptions options = new DaemonOptions(ProxyMode.IPTABLES, manifests.flags(), List.of());
        Map<String, String> environment = Map.of(
                "PATH",
                folder + ":" + System.getenv("PATH"),
                "JAVA_TOOL_OPTIONS",
                "-Dsluice.watchdog.longest-limit-seconds=6");
        try (Lab lab = Lab.create();
                DaemonProcess daemon = DaemonProcess.start(
                        lab.node(), List.of(), Main.class, options, folder.resolve("log"), environment)) {
            await(daemon, "/livez", 503, "\"thread-hanging\"", "thread sluice-sync", "-restore");
            assertThat(daemon.logText()).contains("sluice-sync hangs: busy with ", "RunningCommand.await");
            Files.delete(flag);
            await(daemon, "/livez", 200);
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            assertThat(daemon.logText()).contains("sluice-sync goes on");
        }
    }

    /** In place of the tool, one that waits while there is a file, and then does the same. */
    private void shadow(String tool, Path flag) throws IOException {
        Path file = Files.writeString(folder.resolve(tool), """
                #!/bin/sh
                while [ -e %s ]; do sleep 0.2; done
                PATH="${PATH#%s:}"
                exec %s "$@"
                """.formatted(flag, folder, tool));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
}
