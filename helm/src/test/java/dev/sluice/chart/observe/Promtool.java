// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.chart.observe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs Debian's {@code promtool}. */
final class Promtool {
    private static final Path PROGRAM = Path.of("/usr/bin/promtool");

    private Promtool() {}

    /** Runs {@code promtool VERB rules FILE...}, which must find nothing wrong. */
    static void accepts(String verb, List<Path> files) throws IOException, InterruptedException {
        assumeTrue(Files.isExecutable(PROGRAM), "promtool is not installed: run dev/setup");
        List<String> command = new ArrayList<>(List.of(PROGRAM.toString(), verb, "rules"));
        files.forEach(file -> command.add(file.toString()));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(output).isZero();
    }
}
