// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * An ahead-of-time cache of the daemon's classes (JEP 483), for machines where a JVM starts slowly. A JVM that the
 * cache does not fit runs without it.
 */
public final class AotCache {
    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private AotCache() {}

    /**
     * Creates the cache in {@code folder} by one run of the daemon on {@code examples/}.
     *
     * @return the JVM options for {@code SLUICE_JAVA_OPTS} that use it
     */
    public static String train(Path folder) throws IOException {
        Files.createDirectories(folder);
        Path cache = folder.resolve("daemon.aot");
        Files.deleteIfExists(cache);
        DaemonOptions options = new DaemonOptions(
                ProxyMode.IPTABLES,
                List.of("--manifests", Launcher.repository().resolve("examples").toString()),
                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        try (Lab lab = Lab.create();
                DaemonProcess daemon = DaemonProcess.start(
                        lab.node(),
                        options,
                        folder.resolve("training.log"),
                        Map.of("SLUICE_JAVA_OPTS", "-XX:AOTCacheOutput=" + cache))) {
            daemon.awaitReady(PATIENCE, IpFamily.values()).terminate(PATIENCE);
        }
        return "-XX:AOTCache=" + cache;
    }
}
