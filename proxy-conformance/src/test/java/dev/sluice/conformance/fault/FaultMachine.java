// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.testkit.daemon.AotCache;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.vm.VirtualMachine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/** Plays the rows of ipvs mode in a virtual machine, where this kernel has no IPVS. */
final class FaultMachine {
    private static final Duration LIMIT = Duration.ofMinutes(6);
    private static final String RESULTS = "results.tsv";

    private FaultMachine() {}

    /** Boots a machine; the results of rows that it did not come to have an error. */
    static List<FaultResult> play(List<FaultGroup> groups, Path folder) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve(RESULTS);
        Files.deleteIfExists(file);
        AotCache.prepare();
        new VirtualMachine(folder, LIMIT)
                .run(
                        FaultMachine.class,
                        List.of("-Dfaults=" + System.getProperty("faults", ".*")),
                        List.of(folder.toString()),
                        System.out::println);
        List<FaultResult> results = new ArrayList<>();
        if (Files.exists(file)) {
            TextFile.lines(file).stream().map(FaultResult::parse).forEach(results::add);
        }
        groups.stream()
                .flatMap(group -> group.rows().stream())
                .skip(results.size())
                .forEach(row -> results.add(FaultResult.notPlayed(row, "the virtual machine: see " + folder)));
        return results;
    }

    /** Inside of the machine. */
    public static void main(String[] args) throws IOException {
        Path folder = Path.of(args[0]);
        List<FaultGroup> groups =
                FaultTest.groups().stream().filter(FaultMachine::isHere).toList();
        StringBuilder lines = new StringBuilder();
        for (int i = 0; i < groups.size(); i++) {
            for (FaultResult result : FaultTest.play(groups.get(i), folder.resolve(Integer.toString(i)))) {
                lines.append(result.tsv()).append('\n');
                Files.writeString(folder.resolve(RESULTS), lines);
            }
        }
        System.exit(0);
    }

    static boolean isHere(FaultGroup group) {
        return group.setup().mode() == ProxyMode.IPVS;
    }
}
