// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The processor time of a process from {@code /proc/PID/stat} (proc(5)): user and system time in seconds, to a
 * hundredth.
 *
 * @param own of all its threads
 * @param children of the processes that it has started and that have ended, with theirs
 */
public record ProcessTime(double own, double children) {
    /** {@code USER_HZ}, which is 100 on every architecture that Sluice runs on. */
    private static final double TICKS_PER_SECOND = 100;

    public static ProcessTime of(long pid) throws IOException {
        return read(Path.of("/proc", Long.toString(pid), "stat"));
    }

    /** The processor time of the process's threads of that name that still run, in seconds. */
    public static double ofThread(long pid, String name) throws IOException {
        double seconds = 0;
        try (Stream<Path> threads = Files.list(Path.of("/proc", Long.toString(pid), "task"))) {
            for (Path thread : threads.toList()) {
                seconds += ofThread(thread, name);
            }
        }
        return seconds;
    }

    private static double ofThread(Path thread, String name) throws IOException {
        try {
            boolean named = KernelFiles.read(thread.resolve("comm")).strip().equals(name);
            return named ? read(thread.resolve("stat")).own() : 0;
        } catch (NoSuchFileException e) {
            return 0; // it has ended since it was listed
        }
    }

    private static ProcessTime read(Path file) throws IOException {
        String stat = KernelFiles.read(file);
        // the second field is the program's name in brackets, which may hold anything
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return new ProcessTime(seconds(fields, 11), seconds(fields, 13));
    }

    /** User time, and system time, which is the next field. */
    private static double seconds(String[] fields, int user) {
        return (Long.parseLong(fields[user]) + Long.parseLong(fields[user + 1])) / TICKS_PER_SECOND;
    }
}
