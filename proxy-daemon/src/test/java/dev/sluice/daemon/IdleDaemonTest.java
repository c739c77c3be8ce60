// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Explained;
import dev.sluice.testkit.daemon.ManifestFolder;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.timing.Attempts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole daemon, as a process on a node of its own, carries a mode that it knows by its interface alone. */
@Tag("slow")
class IdleDaemonTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final IpAddress CLUSTER_IP = IpAddress.of("10.96.0.7");
    private static final IpAddress POD = IpAddress.of("10.244.2.7");

    @TempDir
    Path folder;

    @Test
    void startsSyncsAnswersAndEnds() throws Exception {
        ManifestFolder manifests = new ManifestFolder(folder);
        manifests.write("web.yaml", service("10.244.2.6"));
        DaemonOptions options =
                new DaemonOptions(IdleDaemon.IDLE, manifests.flags(), List.of("--nodeport-addresses=primary"));
        try (Lab lab = Lab.create();
                DaemonProcess daemon =
                        DaemonProcess.start(lab.node(), IdleDaemon.class, options, folder.resolve("log"))) {
            daemon.awaitReady(PATIENCE, IpFamily.values());
            manifests.write("web.yaml", service(POD.toString()));

            Attempts.until(PATIENCE, "the new endpoint is the one", () -> {
                Explained answer = daemon.explain(Protocol.TCP, null, CLUSTER_IP, 80, "");
                return new Attempts.Observation(
                        answer.candidates().equals(List.of(new Candidate(POD, 8080, 1, false))), answer.toString());
            });
            assertThat(daemon.explain(Protocol.TCP, null, CLUSTER_IP, 80, "").verdict())
                    .isEqualTo(Verdict.FORWARD);
            assertThat(daemon.metrics()).contains("kubeproxy_sync_proxy_rules_duration_seconds_count");
            assertThat(daemon.health("/livez").status()).isEqualTo(200);
            assertThat(lab.node().run("nft", "list", "ruleset").output()).isEmpty();
            daemon.terminate(PATIENCE);
        }
    }

    private static String service(String endpoint) {
        return """
                apiVersion: v1
                kind: Service
                metadata: {name: web, namespace: shop}
                spec:
                  clusterIP: %s
                  ports: [{name: http, port: 80}]
                ---
                apiVersion: discovery.k8s.io/v1
                kind: EndpointSlice
                metadata: {name: web-1, namespace: shop, labels: {kubernetes.io/service-name: web}}
                addressType: IPv4
                ports: [{name: http, port: 8080}]
                endpoints: [{addresses: [%s]}]
                """.formatted(CLUSTER_IP, endpoint);
    }
}
