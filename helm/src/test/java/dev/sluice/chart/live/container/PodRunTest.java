// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.live.container;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.chart.Chart;
import dev.sluice.testkit.container.Image;
import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.vm.VirtualMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The image in each mode, run by runc with the rights and mounts of the rendered chart. Needs {@code make image}. */
class PodRunTest {
    private static final Duration VM_LIMIT = Duration.ofMinutes(10);

    @ParameterizedTest
    @EnumSource(PodMode.class)
    void theImageCarriesTrafficWithTheRightsOfTheChart(PodMode mode) throws IOException {
        Optional<Image> image = Image.built(Launcher.repository());
        assumeTrue(image.isPresent(), "no image is built for this machine: run 'make image' first");
        String rendered = Chart.render(mode.chartValues()) + "\n" + Chart.renderTest(mode.chartValues());
        if (mode == PodMode.IPVS && VirtualMachine.isNeeded()) {
            inVirtualMachine(mode, rendered);
        } else {
            PodRun.run(mode, image.get(), rendered, System.out::println);
        }
    }

    private static void inVirtualMachine(PodMode mode, String rendered) throws IOException {
        Path folder = Path.of("target", "pods-vm").toAbsolutePath();
        Path manifests = Files.createDirectories(folder).resolve("rendered.yaml");
        Files.writeString(manifests, rendered);
        List<String> arguments = List.of(mode.name(), Launcher.repository().toString(), manifests.toString());
        assertThat(new VirtualMachine(folder, VM_LIMIT).run(PodRun.class, List.of(), arguments, System.out::println))
                .as("exit code in the virtual machine")
                .isZero();
    }
}
