// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.AotCache;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.model.ManyServices;
import dev.sluice.testkit.timing.Attempts;
import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What the packaged daemon takes when Prometheus has asked for the metrics of many Services for hours. */
@Tag("slow")
class ScrapedMemoryTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final int SERVICES = 1000;
    private static final int SCRAPES = 120;
    /** In userspace mode it took 100 MiB more before the heap was looked at, and more with each scrape. */
    private static final long MOST_MORE_KIB = 30 << 10;

    @TempDir
    Path folder;

    @BeforeAll
    static void prepare() {
        AotCache.prepare();
    }

    @ParameterizedTest
    @EnumSource(
            value = ProxyMode.class,
            names = {"IPTABLES", "USERSPACE", "NFTABLES"})
    void scrapesDoNotAddUp(ProxyMode mode) throws IOException {
        Path manifests = Files.createDirectory(folder.resolve("manifests"));
        ManyServices.withoutPods(manifests).write(SERVICES);
        DaemonOptions options = new DaemonOptions(
                mode,
                List.of("--manifests", manifests.toString()),
                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        try (Lab lab = Lab.create();
                DaemonProcess daemon = DaemonProcess.start(lab.node(), options, folder.resolve("log"))) {
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            assertThat(daemon.metrics().contains("sluice_service_bytes_total{")).isEqualTo(mode == ProxyMode.USERSPACE);
            long before = daemon.residentKib();
            for (int i = 0; i < SCRAPES; i++) {
                daemon.metrics();
            }
            Attempts.until(PATIENCE, "at most " + MOST_MORE_KIB + " KiB more than " + before, () -> {
                long now = daemon.residentKib();
                return new Observation(now - before <= MOST_MORE_KIB, now + " KiB");
            });
        }
    }
}
