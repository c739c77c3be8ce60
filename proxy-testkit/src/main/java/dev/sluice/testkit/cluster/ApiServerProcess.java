// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.cluster;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.Lab;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.LabException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;

/** The {@link ApiServerMain} on node-b of a lab. */
public final class ApiServerProcess implements AutoCloseable {
    private static final int WARM_UP_ROUNDS = 12;

    private final Path folder;
    private final Process process;
    private final BufferedReader answers;
    private final PrintStream orders;
    private final long listBytes;
    private int generation;

    /** Starts it, and waits until it is warm. */
    public ApiServerProcess(Lab lab, Path folder, int services) throws IOException {
        this.folder = folder;
        ProcessBuilder builder = new ProcessBuilder(List.of(
                        "setpriv",
                        "--pdeathsig",
                        "KILL",
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:+UseSerialGC",
                        "-XX:TieredStopAtLevel=1",
                        "--enable-native-access=ALL-UNNAMED",
                        "-Dslf4j.internal.verbosity=ERROR",
                        "-cp",
                        System.getProperty("java.class.path"),
                        ApiServerMain.class.getName(),
                        LabAddresses.of(LabAddresses.NODE_B, IpFamily.IPV4).toString(),
                        folder.toString(),
                        Integer.toString(services),
                        Integer.toString(WARM_UP_ROUNDS)))
                .redirectError(ProcessBuilder.Redirect.INHERIT);
        process = lab.otherNode().start(builder);
        answers = process.inputReader(StandardCharsets.UTF_8);
        orders = new PrintStream(process.getOutputStream(), true, StandardCharsets.UTF_8);
        listBytes = Long.parseLong(await("ready").split(" ")[1]);
    }

    /** The size of a list of all slices, as JSON. */
    public long listBytes() {
        return listBytes;
    }

    public Path kubeconfig() {
        return folder.resolve("kubeconfig");
    }

    /** Replaces one endpoint of each of the first {@code count} Services, one after the other. */
    public void change(int count) throws IOException {
        generation = 1 + generation % 20;
        orders.println("change " + count + " " + generation);
        await("changed");
    }

    private String await(String word) throws IOException {
        for (String line = answers.readLine(); line != null; line = answers.readLine()) {
            if (line.startsWith(word)) {
                return line;
            }
        }
        throw new LabException("the API server has ended");
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
