// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.userspace;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Path;

/** The processor time of all threads of a process, from {@code /proc/PID/stat} (proc(5)). */
final class ProcessTime {
    /** {@code USER_HZ}, which is 100 on every architecture that Sluice runs on. */
    private static final double TICKS_PER_SECOND = 100;

    private ProcessTime() {}

    /** User and system time in seconds, to a hundredth. */
    static double seconds(long pid) throws IOException {
        String stat = KernelFiles.read(Path.of("/proc", Long.toString(pid), "stat"));
        // the second field is the program's name in brackets, which may hold anything
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[11]) + Long.parseLong(fields[12])) / TICKS_PER_SECOND;
    }
}
