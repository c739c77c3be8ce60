// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.sysctl.KernelFiles;
import dev.sluice.testkit.cluster.ApiServerProcess;
import dev.sluice.testkit.daemon.AotCache;
import dev.sluice.testkit.daemon.DaemonOptions;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The packaged daemon and its ahead-of-time caches, by what the JVM says of each class that it loads. */
@Tag("slow")
class AotCacheUseTest {
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String NOT_USED = "The ahead-of-time cache";
    private static final double MOST = 0.9;

    @TempDir
    Path folder;

    @BeforeAll
    static void prepare() {
        AotCache.prepare();
    }

    @ParameterizedTest
    @EnumSource(
            value = ProxyMode.class,
            names = {"IPTABLES", "USERSPACE"})
    void nearlyAllClassesComeFromTheCache(ProxyMode mode) throws IOException {
        Path classes = folder.resolve("classes");
        try (Lab lab = Lab.create();
                DaemonProcess daemon = start(
                        lab,
                        mode,
                        Map.of("SLUICE_JAVA_OPTS", "-Xlog:class+load:file=" + classes + ":none:filecount=0"))) {
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            assertThat(daemon.logText()).doesNotContain(NOT_USED);
            assertThat(arguments(daemon)).anyMatch(argument -> argument.endsWith("/" + mode.flagValue() + ".aot"));
        }
        List<String> loaded = TextFile.lines(classes).stream()
                .filter(line -> line.contains(" source: "))
                .filter(line -> !line.contains("$$Lambda") && !line.contains("LambdaForm"))
                .toList();
        assertThat(loaded).hasSizeGreaterThan(1000);
        List<String> others = loaded.stream()
                .filter(line -> !line.contains("shared objects file"))
                .toList();
        assertThat(others.size())
                .as("of %s classes not from the cache, e.g. %s", loaded.size(), others)
                .isLessThan((int) (loaded.size() * (1 - MOST)));
    }

    /** Whoever looks for a resource in all jars has their directories in memory from then on. */
    @ParameterizedTest
    @EnumSource(
            value = ProxyMode.class,
            names = {"IPTABLES", "USERSPACE"})
    void aStartOpensHardlyAnyJar(ProxyMode mode) throws IOException {
        try (Lab lab = Lab.create();
                ApiServerProcess api = new ApiServerProcess(lab, folder, 10);
                DaemonProcess daemon = DaemonProcess.start(
                        lab.node(),
                        new DaemonOptions(
                                mode,
                                List.of("--kubeconfig=" + api.kubeconfig()),
                                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR)),
                        folder.resolve("log"),
                        Map.of())) {
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            assertThat(openJars(daemon)).hasSizeBetween(1, 3);
        }
    }

    private static List<Path> openJars(DaemonProcess daemon) throws IOException {
        List<Path> jars = new ArrayList<>();
        try (DirectoryStream<Path> descriptors =
                Files.newDirectoryStream(Path.of("/proc", Long.toString(daemon.pid()), "fd"))) {
            for (Path descriptor : descriptors) {
                try {
                    Path file = Files.readSymbolicLink(descriptor);
                    if (file.toString().endsWith(".jar")) {
                        jars.add(file.getFileName());
                    }
                } catch (NoSuchFileException e) {
                    // closed meanwhile
                }
            }
        }
        return jars;
    }

    /** As after a build whose caches were not made again: the JVM would run the classes of the old jar. */
    @Test
    void aDaemonWithANewerJarSaysThatItDoesNotUseTheCacheAndStarts() throws IOException {
        Path copy = copyWithNewerJar(Launcher.repository().resolve("proxy-daemon/target/sluice"));
        try (Lab lab = Lab.create();
                DaemonProcess daemon = start(lab, ProxyMode.IPTABLES, Map.of("SLUICE_DIST", copy.toString()))) {
            daemon.awaitReady(PATIENCE, IpFamily.IPV4);
            assertThat(daemon.logText().lines().filter(line -> line.contains(NOT_USED)))
                    .singleElement()
                    .asString()
                    .contains("is newer");
            assertThat(arguments(daemon)).noneMatch(argument -> argument.startsWith("-XX:AOTCache="));
        }
    }

    /** One JVM in place of two: the launcher has found the mode, and the daemon agrees. */
    @Test
    void theModeOfAConfigurationFileIsKnownBeforeTheJvmStarts() throws IOException {
        Path config = Files.writeString(folder.resolve("config.yaml"), """
                apiVersion: kubeproxy.config.k8s.io/v1alpha1
                kind: KubeProxyConfiguration
                mode: userspace
                conntrack: {maxPerCore: 0}
                """);
        Path log = folder.resolve("log");
        try (Lab lab = Lab.create()) {
            Process process = lab.node()
                    .start(new ProcessBuilder(
                                    AotCache.launcher().toString(),
                                    "--config=" + config,
                                    "--manifests=" + Launcher.repository().resolve("examples"),
                                    "--hostname-override=" + LabAddresses.NODE_A)
                            .redirectErrorStream(true)
                            .redirectOutput(log.toFile()));
            try (DaemonProcess daemon = DaemonProcess.of(lab.node(), log, process, process::pid)) {
                daemon.awaitReady(PATIENCE, IpFamily.IPV4);
                assertThat(arguments(daemon).subList(2, 3))
                        .allMatch(second -> second.endsWith("jvm-userspace.options"));
                assertThat(arguments(daemon)).anyMatch(argument -> argument.endsWith("/userspace.aot"));
            }
        }
    }

    private DaemonProcess start(Lab lab, ProxyMode mode, Map<String, String> environment) {
        DaemonOptions options = new DaemonOptions(
                mode,
                List.of("--manifests=" + Launcher.repository().resolve("examples")),
                List.of("--cluster-cidr=" + LabAddresses.CLUSTER_CIDR));
        return DaemonProcess.start(lab.node(), options, folder.resolve("log"), environment);
    }

    private static List<String> arguments(DaemonProcess daemon) throws IOException {
        return List.of(KernelFiles.read(Path.of("/proc", Long.toString(daemon.pid()), "cmdline"))
                .split("\0"));
    }

    private Path copyWithNewerJar(Path dist) throws IOException {
        Path copy = folder.resolve("copy");
        try (Stream<Path> files = Files.walk(dist)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path target = copy.resolve(dist.relativize(file).toString());
                Files.createDirectories(target.getParent());
                Files.copy(file, target, StandardCopyOption.COPY_ATTRIBUTES);
            }
        }
        Path jar = copy.resolve("sluice-daemon.jar");
        Files.setLastModifiedTime(jar, FileTime.from(Instant.now()));
        return copy;
    }
}
