// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance;

import dev.sluice.conformance.catalogue.Catalogue;
import dev.sluice.conformance.matrix.Matrix;
import dev.sluice.conformance.matrix.MatrixReport;
import dev.sluice.conformance.scenario.ConformanceTable;
import dev.sluice.conformance.scenario.Flavour;
import dev.sluice.conformance.scenario.Result;
import dev.sluice.conformance.scenario.Result.Status;
import dev.sluice.conformance.scenario.Scenario;
import dev.sluice.conformance.scenario.ScenarioRunner;
import dev.sluice.conformance.scenario.Timing;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.daemon.AotCache;
import dev.sluice.testkit.lab.NativeSocket;
import dev.sluice.testkit.lab.TextFile;
import dev.sluice.testkit.vm.VirtualMachine;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Runs the catalogue from the command line, as root: {@code Conformance FOLDER FLAVOUR[,FLAVOUR] [ID-PATTERN]}. It
 * writes each result to {@code FOLDER/results.tsv} at once and, as tables, to {@code conformance.md} and
 * {@code matrix.md} there; manifests and logs are below {@code FOLDER}. Exits with 1 when a scenario failed. With the
 * system property {@code sluice.guest} it takes this machine for the virtual machine that was booted for ipvs.
 */
public final class Conformance {
    private Conformance() {}

    public static void main(String[] args) throws IOException {
        if (args.length < 2) {
            System.err.println("usage: Conformance FOLDER FLAVOUR[,FLAVOUR] [ID-PATTERN]");
            System.exit(2);
        }
        Path folder = Path.of(args[0]).toAbsolutePath();
        Pattern ids = Pattern.compile(args.length > 2 ? args[2] : ".*");
        Set<Flavour> flavours = Flavour.parseAll(args[1]);
        List<Scenario> chosen = Catalogue.all().stream()
                .filter(s -> ids.matcher(s.id()).matches())
                .toList();
        Timing timing = Boolean.getBoolean("sluice.guest") ? Timing.GUEST : Timing.HOST;
        Queue<Result> results = run(chosen, flavours, folder, timing, System.out);
        ConformanceTable table = new ConformanceTable(chosen, results);
        Files.writeString(folder.resolve("conformance.md"), table.markdown());
        Files.writeString(folder.resolve("matrix.md"), new MatrixReport(Matrix.load(), results).markdown());
        System.out.println(table.summary());
        System.exit(table.count(Status.FAIL) == 0 ? 0 : 1);
    }

    /** Runs {@code scenarios}, writes the results into {@code folder}, and prints a line for each. */
    public static Queue<Result> run(
            List<Scenario> scenarios, Set<Flavour> flavours, Path folder, Timing timing, PrintStream out)
            throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve("results.tsv");
        Files.deleteIfExists(file);
        Queue<Result> results = new ConcurrentLinkedQueue<>();
        ScenarioRunner runner = new ScenarioRunner(timing, folder, result -> {
            results.add(result);
            report(result, file, out);
        });
        Set<Flavour> whole = EnumSet.copyOf(flavours);
        Set<Flavour> part = EnumSet.noneOf(Flavour.class);
        if (timing.equals(Timing.GUEST) && whole.contains(Flavour.IPVS)) {
            // the machine was booted for ipvs; of the other flavours it also runs what only this kernel can do
            part.addAll(whole);
            part.remove(Flavour.IPVS);
            whole.removeAll(part);
        }
        runner.run(needingSctp(scenarios), part, EnumSet.allOf(IpFamily.class));
        runner.run(scenarios, whole, EnumSet.allOf(IpFamily.class));
        return results;
    }

    /** Those of {@code scenarios} that this kernel can run, in any flavour. */
    public static List<Scenario> possibleHere(List<Scenario> scenarios) {
        return NativeSocket.kernelHasSctp()
                ? scenarios
                : scenarios.stream().filter(s -> !s.setup().sctp()).toList();
    }

    /** Those of {@code scenarios} that need SCTP sockets. */
    public static List<Scenario> needingSctp(List<Scenario> scenarios) {
        return scenarios.stream().filter(s -> s.setup().sctp()).toList();
    }

    /**
     * Runs the catalogue in a virtual machine, by a JVM with this one's class path: all of it in ipvs mode, and in
     * other flavours the scenarios that need SCTP sockets.
     *
     * @param limit the time after which the machine is switched off
     */
    public static List<Result> runInVirtualMachine(
            Set<Flavour> flavours, Path folder, Duration limit, Consumer<String> console) throws IOException {
        Files.createDirectories(folder);
        Path file = folder.resolve("results.tsv");
        Files.deleteIfExists(file);
        AotCache.prepare();
        String labels = flavours.stream().map(Flavour::label).collect(Collectors.joining(","));
        new VirtualMachine(folder, limit)
                .run(
                        Conformance.class,
                        List.of(
                                "-Dsluice.guest=true",
                                "-D" + ScenarioRunner.REPLAYS + "=" + Integer.getInteger(ScenarioRunner.REPLAYS, 0)),
                        List.of(folder.toString(), labels),
                        console);
        return Files.exists(file)
                ? TextFile.lines(file).stream().map(Result::parse).toList()
                : List.of();
    }

    private static synchronized void report(Result result, Path file, PrintStream out) {
        try {
            Files.writeString(file, result.tsv() + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        out.printf(
                "%s %s %s %s %d ms %s%n",
                result.status(),
                result.flavour().label(),
                result.family(),
                result.id(),
                result.millis(),
                result.detail());
    }
}
