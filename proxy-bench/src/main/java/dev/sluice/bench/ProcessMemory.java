// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionTimeoutException;

/**
 * The memory of a process in MiB, from {@code smaps_rollup} (proc(5)); where the kernel has none, from {@code status}.
 *
 * @param resident pages of it in memory
 * @param proportional the same, with pages that others have too divided by their number; negative if unknown
 * @param anonymous pages that no file backs: heap, stacks, allocations, written pages of private mappings
 */
public record ProcessMemory(double resident, double proportional, double anonymous) {
    private static final double KIB_PER_MIB = 1024;
    /** Longer than the JVM's pause between two trims of its native heap. */
    private static final Duration QUIET = Duration.ofSeconds(6);

    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final double STEADY = 0.01;

    public static ProcessMemory of(long pid) throws IOException {
        Path folder = Path.of("/proc", Long.toString(pid));
        if (Files.exists(folder.resolve("smaps_rollup"))) {
            String text = KernelFiles.read(folder.resolve("smaps_rollup"));
            return new ProcessMemory(mebibytes(text, "Rss:"), mebibytes(text, "Pss:"), mebibytes(text, "Anonymous:"));
        }
        String text = KernelFiles.read(folder.resolve("status"));
        return new ProcessMemory(mebibytes(text, "VmRSS:"), -1, mebibytes(text, "RssAnon:"));
    }

    /** The memory once it has stayed the same for some seconds, or after half a minute. */
    public static ProcessMemory settled(long pid) throws IOException {
        double[] before = {of(pid).resident()};
        try {
            Awaitility.await("steady memory")
                    .pollDelay(QUIET)
                    .pollInterval(QUIET)
                    .atMost(PATIENCE)
                    .until(() -> {
                        double now = of(pid).resident();
                        boolean steady = Math.abs(now - before[0]) < STEADY * now;
                        before[0] = now;
                        return steady;
                    });
        } catch (ConditionTimeoutException e) {
            // what it takes now is still what it takes
        }
        return of(pid);
    }

    private static double mebibytes(String text, String field) {
        return text.lines()
                        .filter(line -> line.startsWith(field))
                        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                        .sum()
                / KIB_PER_MIB;
    }

    /** Cells of a table. */
    public String cells() {
        return String.format(
                Locale.ROOT,
                "%.0f | %s | %.0f",
                resident,
                proportional < 0 ? "." : String.format(Locale.ROOT, "%.0f", proportional),
                anonymous);
    }
}
