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

    /** The variable that names the folder of the daemon; the machine inherits none. */
    private static final String DISTRIBUTION = "SLUICE_DIST";

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
     * Runs {@code main} in the machine, by a JVM like this one and with its class path.
     *
     * @param options more options for the JVM
     */
    public int run(Class<?> main, List<String> options, List<String> arguments, Consumer<String> console) {
        String home = System.getProperty("java.home");
        List<String> command = new ArrayList<>(List.of("env", "JAVA_HOME=" + home));
        String distribution = System.getenv(DISTRIBUTION);
        if (distribution != null) {
            command.add(DISTRIBUTION + "=" + distribution);
        }
        command.addAll(List.of(
                home + "/bin/java",
                "--enable-native-access=ALL-UNNAMED",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-Xmx512m"));
        command.addAll(options);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return run(command, console);
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
