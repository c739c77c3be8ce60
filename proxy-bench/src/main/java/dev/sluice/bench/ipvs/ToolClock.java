// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.ipvs;

import dev.sluice.bench.ProcessOutput;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.testkit.lab.LabException;
import dev.sluice.testkit.lab.TemporaryFolder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Locale;

/**
 * Times the kernel's own tools for the content of ipvs mode, in a namespace of their own: from the start of each
 * process to its end, by the shell that starts it.
 */
final class ToolClock implements AutoCloseable {
    /** Arguments: the three inputs; an empty one costs nothing. */
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

    /** Times the tools as they write {@code content}. */
    Took replay(KernelContent content) {
        List<String[]> took = run(
                        "bash",
                        "-c",
                        SCRIPT,
                        "clock",
                        write("servers", content.servers()),
                        write("members", content.members()),
                        write("addresses", content.addresses()))
                .lines("took");
        return new Took(millis(took.get(0)), millis(took.get(1)), millis(took.get(2)));
    }

    /** Removes the virtual servers: while they exist, the kernel is slower with those of other namespaces. */
    void clear() {
        run("ipvsadm", "-C");
    }

    private static double millis(String[] took) {
        return Long.parseLong(took[1]) / 1e3;
    }

    private String write(String name, List<String> lines) {
        String text = lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
        try {
            return Files.writeString(folder.resolve(name), text).toString();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessOutput run(String... command) {
        try {
            Process process = namespace.call(new ProcessBuilder(command).redirectErrorStream(true)::start);
            ProcessOutput output = ProcessOutput.await(process, "the kernel's tools");
            if (output.status() != 0) {
                throw new LabException("the kernel's tools: " + output.text().strip());
            }
            return output;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        namespace.close();
        folder.close();
    }
}
