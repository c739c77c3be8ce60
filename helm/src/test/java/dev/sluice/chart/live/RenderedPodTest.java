// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.sluice.chart.Chart;
import dev.sluice.chart.KubernetesObjects;
import dev.sluice.testkit.daemon.DaemonProcess;
import dev.sluice.testkit.lab.CommandResult;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.TextFile;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.apps.DaemonSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The daemon takes the arguments and the configuration of every container that the chart renders. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
class RenderedPodTest {
    private static final String CONFIG = "/etc/sluice/config.yaml";

    @TempDir
    Path folder;

    private Lab lab;

    @BeforeAll
    void createLab() {
        lab = Lab.create();
    }

    @AfterAll
    void closeLab() {
        lab.close();
    }

    static List<Path> examples() {
        return Chart.examples();
    }

    @ParameterizedTest
    @MethodSource("examples")
    void theDaemonTakesEveryConfiguration(Path values) throws IOException {
        String rendered = Chart.render(values);
        Path config = config(rendered);
        for (Container container : containers(rendered)) {
            Path effective = folder.resolve("effective.yaml");
            List<String> arguments = arguments(container, config);
            arguments.add("--write-config-to=" + effective);

            CommandResult result = DaemonProcess.run(lab.node(), arguments.toArray(String[]::new));

            assertThat(result.exitCode())
                    .as("%s: %s", container.getName(), result)
                    .isZero();
            assertThat(TextFile.read(effective)).contains("mode: " + mode(TextFile.read(config)));
            assertThat(result.toString())
                    .as("a generated configuration gives no reason to warn")
                    .doesNotContain("unknown field");
        }
    }

    @Test
    void aNodeWithoutTheModulesOfTheModeIsTold() throws IOException {
        assumeFalse(Files.exists(Path.of("/proc/net/ip_vs")), "this kernel has IPVS");
        // the limit of tracked connections is read-only in a network namespace
        String rendered =
                Chart.render("apiServer: {host: 192.168.0.10}\nconfig: {mode: ipvs, conntrack: {maxPerCore: 0}}\n");
        Container init = containers(rendered).getFirst();

        List<String> arguments = arguments(init, config(rendered));
        arguments.add("--manifests=" + Files.createDirectories(folder.resolve("manifests")));
        CommandResult result = DaemonProcess.run(lab.node(), arguments.toArray(String[]::new));

        assertThat(init.getName()).isEqualTo("init");
        assertThat(init.getTerminationMessagePolicy())
                .as("kubectl describe pod shows the log")
                .isEqualTo("FallbackToLogsOnError");
        assertThat(result.exitCode()).isOne();
        assertThat(result.toString()).contains("no IPVS", "modprobe ip_vs", "another proxy mode");
    }

    private static String mode(String config) {
        return String.valueOf(Chart.yaml(config).getOrDefault("mode", "iptables"));
    }

    private Path config(String rendered) throws IOException {
        ConfigMap map = KubernetesObjects.of(rendered).stream()
                .filter(ConfigMap.class::isInstance)
                .map(ConfigMap.class::cast)
                .filter(m -> m.getMetadata().getName().endsWith("-config"))
                .findFirst()
                .orElseThrow();
        return Files.writeString(folder.resolve("config.yaml"), map.getData().get("config.yaml"));
    }

    private static List<Container> containers(String rendered) {
        return KubernetesObjects.of(rendered).stream()
                .filter(DaemonSet.class::isInstance)
                .map(object -> ((DaemonSet) object).getSpec().getTemplate().getSpec())
                .flatMap(pod -> Stream.concat(pod.getInitContainers().stream(), pod.getContainers().stream()))
                .toList();
    }

    private static List<String> arguments(Container container, Path config) {
        List<String> arguments = new ArrayList<>();
        container
                .getArgs()
                .forEach(argument -> arguments.add(
                        argument.replace(CONFIG, config.toString()).replace("$(NODE_NAME)", "node-a")));
        return arguments;
    }
}
