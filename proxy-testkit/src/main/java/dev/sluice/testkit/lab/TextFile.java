// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Text files of this repository, and those that a test or a program under test has written. */
public final class TextFile {
    private TextFile() {}

    /**
     * The content of {@code file}.
     *
     * @throws IllegalArgumentException for a file of the kernel, which {@link KernelFiles} reads
     */
    public static String read(Path file) throws IOException {
        Path absolute = file.toAbsolutePath().normalize();
        if (absolute.startsWith("/proc") || absolute.startsWith("/sys")) {
            throw new IllegalArgumentException(file + " is a file of the kernel");
        }
        return Files.readString(file);
    }

    /** The lines of {@code file}, as {@link #read}. */
    public static List<String> lines(Path file) throws IOException {
        return read(file).lines().toList();
    }
}
