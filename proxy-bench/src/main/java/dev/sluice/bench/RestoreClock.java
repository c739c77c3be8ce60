package dev.sluice.bench;

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
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** Takes the time of {@code iptables-restore} itself: from the start of the process to its end, by the shell that starts it. */
final class RestoreClock {
    /** Arguments: the tool, its limit in seconds, how often, the inputs, which are given in turns. */
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
    /** What {@code timeout} ends with. */
    private static final int OVER_LIMIT = 124;

    private static final Pattern COUNTER = Pattern.compile("--nfacct-name +(\\S+)");

    private final Variant variant;
    private final TemporaryFolder folder;

    /**
     * Times of several runs.
     *
     * @param millis the median from start to end
     * @param cpuMillis the mean of what user space and the kernel spent on it
     */
    record Took(double millis, double cpuMillis) {}

    RestoreClock(Variant variant, TemporaryFolder folder) {
        this.variant = variant;
        this.folder = folder;
    }

    /** Turns the rules of {@code host} there and back again, {@code times} times. */
    Took thereAndBack(LabHost host, String there, String back, int times) {
        List<String> command = command("60", times, write("there", there), write("back", back));
        Process process = host.start(new ProcessBuilder(command).redirectErrorStream(true));
        return parse(String.join(" ", command), 2 * times, process)
                .orElseThrow(() -> new LabException("one change took longer than a minute"));
    }

    /**
     * Gives {@code text} as one input to a new, empty network namespace, and leaves what is in force then in {@code saved}.
     *
     * @return nothing when it was not done within {@code limitSeconds}
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

    /** A rule can only count into an object that is there. */
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
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            int status = process.waitFor();
            if (status == OVER_LIMIT) {
                return Optional.empty();
            }
            Samples took = new Samples();
            double cpu = Double.NaN;
            for (String line : said.lines().toList()) {
                String[] words = line.split(" ");
                if (words[0].equals("took")) {
                    took.add(Long.parseLong(words[1]) * 1000);
                } else if (words[0].equals("cpu")) {
                    cpu = (Double.parseDouble(words[1]) + Double.parseDouble(words[2])) * 1000 / runs;
                }
            }
            if (status != 0 || took.count() != runs) {
                throw new LabException(what + " ended with " + status + ": " + said.strip());
            }
            return Optional.of(new Took(took.micros(50) / 1000, cpu));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            process.destroyForcibly();
            Thread.currentThread().interrupt();
            throw new LabException(what + " was interrupted", e);
        }
    }
}
