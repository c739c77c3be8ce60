// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.vm;

import dev.sluice.testkit.daemon.Launcher;
import dev.sluice.testkit.lab.LabException;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Runs a command in a virtual machine, a User-mode Linux, through {@code dev/vm/run}. The machine sees this one's files
 * read-only; the folder {@code output} is shared and writable.
 */
public final class VirtualMachine {
    /** The exit code of {@code dev/vm/run} when the machine gave no result. */
    private static final int NO_RESULT = 125;

    private final Path output;
    private final Duration limit;

    /** @param limit the time after which the machine is switched off */
    public VirtualMachine(Path output, Duration limit) {
        this.output = output;
        this.limit = limit;
    }

    /** Whether the machine is needed for ipvs mode, because this kernel lacks IPVS. */
    public static boolean isNeeded() {
        return !Files.exists(Path.of("/proc/net/ip_vs"));
    }

    /**
     * Boots, runs {@code command} as root, and switches off.
     *
     * @param console receives each line that the command prints
     * @return the command's exit code
     */
    public int run(List<String> command, Consumer<String> console) {
        List<String> line = new ArrayList<>(List.of(
                "setpriv", // the machine is switched off when this JVM dies
                "--pdeathsig",
                "TERM",
                Launcher.repository().resolve("dev/vm/run").toString(),
                "-t",
                Long.toString(limit.toSeconds()),
                "-o",
                output.toString(),
                "--"));
        line.addAll(command);
        try {
            Files.createDirectories(output);
            Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
            try (BufferedReader reader = process.inputReader()) {
                reader.lines().forEach(console);
            }
            int exitCode = process.waitFor();
            if (exitCode == NO_RESULT) {
                throw new LabException("the virtual machine gave no result within " + limit + "; see " + output);
            }
            return exitCode;
        } catch (IOException e) {
            throw new LabException("cannot run " + String.join(" ", line), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("interrupted", e);
        }
    }
}
