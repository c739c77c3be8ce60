// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.testkit.daemon.Launcher;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Helm 4 renders the same objects as Helm 3. Skipped where {@code dev/helm4} could not fetch it, with the reason. */
@Tag("slow")
class Helm4Test {
    private static final Path FETCHED = Launcher.repository().resolve("target/helm4");
    private static final Path HELM = FETCHED.resolve("helm");

    @TempDir
    Path home;

    @BeforeAll
    static void isThere() throws IOException {
        Path reason = FETCHED.resolve("missing");
        assumeTrue(
                Files.isExecutable(HELM),
                Files.exists(reason)
                        ? "there is no Helm 4: " + Files.readString(reason).strip()
                        : "there is no Helm 4: dev/helm4 fetches it from npm");
    }

    static List<Path> examples() {
        return Chart.examples();
    }

    /** Its standard output and error together, after it has ended with this code. */
    private String helm(int code, String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(HELM.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("HOME", home.toString());
        Process process = builder.start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as("%s: %s", command, output).isEqualTo(code);
        return output;
    }

    @ParameterizedTest
    @MethodSource("examples")
    void rendersWhatHelm3Renders(Path values) throws IOException, InterruptedException {
        String rendered = helm(
                0,
                "template",
                Chart.RELEASE,
                Chart.FOLDER.toString(),
                "--namespace=" + Chart.NAMESPACE,
                "--kube-version=" + Chart.KUBERNETES.getLast(),
                "--skip-tests",
                "--values=" + values);

        assertThat(Chart.documents(rendered))
                .containsExactlyInAnyOrderElementsOf(Chart.documents(Chart.render(values)));
    }

    @ParameterizedTest
    @MethodSource("examples")
    void lintFindsNothing(Path values) throws IOException, InterruptedException {
        assertThat(helm(0, "lint", "--strict", "--quiet", Chart.FOLDER.toString(), "--values=" + values))
                .isEmpty();
    }

    @Test
    void refusesWithTheSameMessages() throws IOException, InterruptedException {
        String chart = Chart.FOLDER.toString();
        assertThat(helm(1, "template", chart)).contains("apiServer.host is missing", "kubectl cluster-info");
        assertThat(helm(1, "template", chart, "--set=apiServer.host=a,mode=kernelspace"))
                .contains("at '/mode': value must be one of '', 'iptables', 'ipvs', 'userspace', 'nftables'");
    }
}
