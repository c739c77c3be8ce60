package dev.sluice.bench;

import dev.sluice.linux.KernelException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;

/**
 * Takes the time of the kernel's own tools for a content of ipvs mode, in a namespace of its own that nothing else uses: from
 * the start of each process to its end, by the shell that starts it.
 */
final class ToolClock implements AutoCloseable {
    /** Arguments: the three inputs, then how often; an empty input costs nothing. */
    private static final String SCRIPT = """
            export LC_ALL=C
            run() {
                input=$1
                shift
                [ -s "$input" ] || { echo "took 0"; return; }
                begin=$EPOCHREALTIME
                "$@" <"$input" || exit
                end=$EPOCHREALTIME
                echo "took $((${end/./} - ${begin/./}))"
            }
            run "$1" ipvsadm -R
            run "$2" ipset restore
            run "$3" ip -batch -
            """;

    private final NetworkNamespace namespace;
    private final TemporaryFolder folder = new TemporaryFolder("sluice-bench-tools");

    /** Milliseconds of each tool. */
    record Took(double ipvsadm, double ipset, double ip) {
        double all() {
            return ipvsadm + ipset + ip;
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.0f + %.0f + %.0f", ipvsadm, ipset, ip);
        }
    }

    ToolClock() {
        try {
            namespace = NetworkNamespace.create("tools");
        } catch (KernelException e) {
            folder.close();
            throw new LabException("no namespace for the kernel's tools", e);
        }
        run("bash", "-c", "ip link set lo up && ip link add kube-ipvs0 type dummy");
    }

    /** Gives {@code content} to the tools. */
    Took replay(KernelContent content) {
        try {
            List<String> said = run(
                            "bash",
                            "-c",
                            SCRIPT,
                            "clock",
                            write("servers", content.servers()),
                            write("members", content.members()),
                            write("addresses", content.addresses()))
                    .lines()
                    .filter(line -> line.startsWith("took "))
                    .toList();
            return new Took(millis(said.get(0)), millis(said.get(1)), millis(said.get(2)));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Takes the virtual servers away: the kernel tells those of other namespaces less well while these are there. */
    void clear() {
        run("ipvsadm", "-C");
    }

    private static double millis(String line) {
        return Long.parseLong(line.substring("took ".length())) / 1e3;
    }

    private String write(String name, List<String> lines) throws IOException {
        String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
        return Files.writeString(folder.resolve(name), text).toString();
    }

    private String run(String... command) {
        try {
            Process process = namespace.call(new ProcessBuilder(command).redirectErrorStream(true)::start);
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (process.waitFor() != 0) {
                throw new LabException("the kernel's tools: " + said.strip());
            }
            return said;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("the kernel's tools were interrupted", e);
        }
    }

    @Override
    public void close() {
        namespace.close();
        folder.close();
    }
}
