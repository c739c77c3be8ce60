// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.bench.ProcessOutput;
import dev.sluice.bench.Samples;
import dev.sluice.bench.iptables.Comparison.Inputs;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables.Variant;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.nfacct.NetlinkCounters;
import dev.sluice.testkit.daemon.VariantHint;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.LabHost;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Times {@code iptables-restore} alone, from the start of the process to its end, by the shell that starts it. */
final class RestoreClock {
    /** Arguments: the tool, its limit in seconds, how many times, and the inputs, which take turns. */
    private static final String SCRIPT = """
        export LC_ALL=C TIMEFORMAT='cpu %3U %3S'
        tool=$1 limit=$2 times=$3
        shift 3
        run() {
            for ((i = 0; i < times; i++)); do
                for input in "$@"; do
                    begin=$EPOCHREALTIME
                    timeout "$limit" "$tool" -w 5 --noflush --counters <"$input" || return
                    end=$EPOCHREALTIME
                    echo "took $((${end/./} - ${begin/./}))"
                done
            done
        }
        time run "$@"
        """;
    /** The exit status of {@code timeout} at the limit. */
    private static final int OVER_LIMIT = 124;

    private static final Pattern COUNTER = Pattern.compile("--nfacct-name +(\\S+)");

    private final Variant variant;
    private final TemporaryFolder folder;

    /**
     * Times of several runs.
     *
     * @param millis the median from start to end
     * @param cpuMillis the mean processor time, user and system
     */
    record Took(double millis, double cpuMillis) {}

    RestoreClock(Variant variant, TemporaryFolder folder) {
        this.variant = variant;
        this.folder = folder;
    }

    /** Applies a change to the rules of {@code host} and undoes it, {@code times} times. */
    Took thereAndBack(LabHost host, Inputs inputs, int times) {
        List<String> command = command("60", times, write("there", inputs.there()), write("back", inputs.back()));
        Process process = host.start(new ProcessBuilder(command).redirectErrorStream(true));
        return parse(String.join(" ", command), 2 * times, process)
                .orElseThrow(() -> new LabException("one change took longer than a minute"));
    }

    /**
     * Restores {@code text} in a new, empty network namespace, and saves the resulting rules to {@code saved}.
     *
     * @return empty when it was not done within {@code limitSeconds}
     */
    Optional<Took> once(String text, int limitSeconds, Path saved) {
        List<String> command = new ArrayList<>(List.of("bash", "-c"));
        command.add("bash -c '" + SCRIPT.replace("'", "'\\''") + "' clock \"$@\" && " + tool("-save") + " >" + saved);
        command.addAll(List.of("clock", tool("-restore"), Integer.toString(limitSeconds), "1", write("all", text)));
        try (NetworkNamespace empty = NetworkNamespace.create("peer")) {
            empty.run(() -> createCounters(text));
            Process process = empty.call(new ProcessBuilder(command).redirectErrorStream(true)::start);
            return parse("one restore of everything", 1, process);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (KernelException e) {
            throw new LabException("no namespace for the peer", e);
        }
    }

    /** A rule can only count into a counter that exists. */
    private static void createCounters(String text) throws KernelException {
        Set<String> names = COUNTER.matcher(text)
                .results()
                .map(found -> found.group(1))
                .collect(Collectors.toCollection(TreeSet::new));
        try (NetlinkCounters counters = NetlinkCounters.open()) {
            for (String name : names) {
                counters.create(name);
            }
        }
    }

    private List<String> command(String limit, int times, String... inputs) {
        List<String> command = new ArrayList<>(List.of("bash", "-c", SCRIPT, "clock", tool("-restore")));
        command.addAll(List.of(limit, Integer.toString(times)));
        command.addAll(List.of(inputs));
        return command;
    }

    private String tool(String suffix) {
        return VariantHint.tool(variant, suffix);
    }

    private String write(String name, String text) {
        try {
            return Files.writeString(folder.resolve(name), text).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Optional<Took> parse(String what, int runs, Process process) {
        ProcessOutput output = ProcessOutput.await(process, what);
        if (output.status() == OVER_LIMIT) {
            return Optional.empty();
        }
        Samples took = new Samples();
        output.lines("took").forEach(words -> took.add(Long.parseLong(words[1]) * 1000));
        if (output.status() != 0 || took.count() != runs) {
            throw new LabException(what + " ended with " + output.status() + ": "
                    + output.text().strip());
        }
        String[] cpu = output.lines("cpu").getLast();
        double cpuMillis = (Double.parseDouble(cpu[1]) + Double.parseDouble(cpu[2])) * 1000 / runs;
        return Optional.of(new Took(took.micros(50) / 1000, cpuMillis));
    }
}
