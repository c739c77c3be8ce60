// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.FieldSource;

/** {@code ./sluice} with a JDK that prints its arguments: where the mode is userspace, the optimizing compiler runs. */
@Tag("slow")
class LauncherTest {
    private static final Path LAUNCHER = Path.of("../sluice").toAbsolutePath().normalize();
    private static final String HEAD = "apiVersion: kubeproxy.config.k8s.io/v1alpha1\nkind: KubeProxyConfiguration\n";
    private static final String OTHER = "kind: KubeletConfiguration\nmode: userspace\n";

    @TempDir
    Path folder;

    @BeforeEach
    void jdk() throws IOException {
        Path bin = Files.createDirectories(folder.resolve("jdk/bin"));
        Files.writeString(folder.resolve("jdk/release"), "JAVA_VERSION=\"25\"\n");
        Path java = Files.writeString(bin.resolve("java"), "#!/bin/sh\nprintf '%s\\n' \"$@\"\n");
        Files.setPosixFilePermissions(java, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.writeString(folder.resolve("sluice-daemon.jar"), "");
    }

    private boolean optimizes(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(LAUNCHER.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("JAVA_HOME", folder.resolve("jdk").toString());
        builder.environment().put("SLUICE_DIST", folder.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
        List<String> words = output.lines().toList();
        assertThat(words).endsWith(arguments).containsAnyOf("-XX:TieredStopAtLevel=1", "-XX:+TieredCompilation");
        return words.contains("-XX:+TieredCompilation");
    }

    private String file(String text) throws IOException {
        return Files.writeString(folder.resolve("config=1.yaml"), text).toString();
    }

    @ParameterizedTest
    @CsvSource({
        "--proxy-mode=userspace, true",
        "--proxy_mode=userspace, true",
        "--proxy-mode userspace, true",
        "--proxy-mode=iptables --proxy-mode=userspace, true",
        "--proxy-mode=userspace --proxy-mode ipvs, false",
        "--proxy-mode=ipvs, false",
        "--hostname-override userspace, false",
        "--config=/no/such/file, false",
        "explain userspace:80, false",
        "-v=4, false"
    })
    void theFlagDecidesWithoutAFile(String arguments, boolean optimizes) throws Exception {
        assertThat(optimizes(arguments.split(" "))).isEqualTo(optimizes);
    }

    static final List<Arguments> FILES = List.of(
            Arguments.of(HEAD + "mode: userspace\n", true),
            Arguments.of("mode: userspace\n" + HEAD, true),
            Arguments.of(HEAD + "mode: \"userspace\"\n", true),
            Arguments.of(HEAD + "'mode' : 'userspace' # the old way\n", true),
            Arguments.of(HEAD + "mode:    userspace   # the old way", true),
            Arguments.of(HEAD + "mode: !!str userspace\n", true),
            Arguments.of((HEAD + "mode: userspace\n").replace("\n", "\r\n"), true),
            Arguments.of("\uFEFF" + HEAD + "mode: userspace\n", true),
            Arguments.of("# a comment\n\n  " + HEAD.replace("\n", "\n  ") + "mode: userspace\n", true),
            Arguments.of("%YAML 1.2\n---\n" + HEAD + "mode: userspace\n", true),
            Arguments.of("---\n" + HEAD + "mode: userspace\n---\n" + HEAD + "mode: iptables\n", true),
            Arguments.of(OTHER.replace("userspace", "x") + "---\n" + HEAD + "mode: userspace\n", true),
            Arguments.of(HEAD + "mode: iptables\nmode: userspace\n", true),
            Arguments.of(HEAD + "nodePortAddresses:\n- 10.0.0.0/8\nmode: userspace\n", true),
            Arguments.of("{\"kind\":\"KubeProxyConfiguration\",\"mode\":\"userspace\"}", true),
            Arguments.of("--- {kind: KubeProxyConfiguration, mode: userspace}", true),
            Arguments.of("""
                {
                  "kind": "KubeProxyConfiguration",
                  "ipvs": { "scheduler": "a \\"}, b", "mode": "iptables" },
                  "nodePortAddresses": ["10.0.0.0/8", "x:y"],
                  "mode": "userspace"
                }
                """, true),
            Arguments.of(HEAD, false),
            Arguments.of(HEAD + "mode: \"\"\n", false),
            Arguments.of(HEAD + "mode: iptables # not userspace\n", false),
            Arguments.of(HEAD + "# mode: userspace\n", false),
            Arguments.of(HEAD + "mode: # userspace\n", false),
            Arguments.of(HEAD + "mode: userspaces\n", false),
            Arguments.of(HEAD + "detectLocalMode: userspace\n", false),
            Arguments.of(HEAD + "ipvs:\n  mode: userspace\n", false),
            Arguments.of(HEAD + "mode: userspace\nmode: iptables\n", false),
            Arguments.of(OTHER + "---\n" + HEAD + "mode: ipvs\n", false),
            Arguments.of(OTHER, false),
            Arguments.of(
                    "{\"kind\":\"KubeProxyConfiguration\",\"ipvs\":{\"mode\":\"userspace\"},\"mode\":\"ipvs\"}", false),
            Arguments.of("{\"kind\":\"KubeProxyConfiguration\",\"clusterCIDR\":\"x, mode: userspace\"}", false),
            Arguments.of("", false));

    @ParameterizedTest
    @FieldSource("FILES")
    void theFileDecidesWhereThereIsOne(String text, boolean optimizes) throws Exception {
        String file = file(text);
        String opposite = "--proxy-mode=" + (optimizes ? "iptables" : "userspace");
        assertThat(optimizes(opposite, "--config=" + file)).as(text).isEqualTo(optimizes);
        assertThat(optimizes("--config", file, opposite)).as(text).isEqualTo(optimizes);
    }

    @Test
    void theLastFileCountsAndAnEmptyNameIsNone() throws Exception {
        String file = file(HEAD + "mode: userspace\n");
        assertThat(optimizes("--config=/no/such/file", "--config=" + file)).isTrue();
        assertThat(optimizes("--config=" + file, "--config=")).isFalse();
        assertThat(optimizes("--config=", "--proxy-mode=userspace")).isTrue();
    }
}
