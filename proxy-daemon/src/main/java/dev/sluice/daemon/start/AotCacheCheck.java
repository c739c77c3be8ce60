// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import com.sun.management.HotSpotDiagnosticMXBean;
import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Whether the JVM uses the ahead-of-time cache that it was given ({@code -XX:AOTCache}). It ignores one that does not
 * fit its jars, options or version without a word, and starts slower then.
 */
public final class AotCacheCheck {
    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private AotCacheCheck() {}

    /** What is wrong with the cache; empty where it is used, or none was given. */
    public static Optional<String> problem() {
        HotSpotDiagnosticMXBean virtualMachine = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        try {
            return problem(virtualMachine.getVMOption("AOTCache").getValue(), KernelFiles.read(MAPPINGS));
        } catch (IOException | IllegalArgumentException e) {
            // no /proc, or another JVM
            return Optional.empty();
        }
    }

    /** @param mappings the text of /proc/PID/maps: the JVM maps the cache that it uses */
    static Optional<String> problem(String cache, String mappings) {
        if (cache.isEmpty() || mappings.lines().anyMatch(line -> line.endsWith(cache))) {
            return Optional.empty();
        }
        String what = Files.exists(Path.of(cache)) ? "is not of these jars, this JVM and its options" : "is not there";
        return Optional.of("The ahead-of-time cache " + cache + " " + what
                + ", so starting takes longer; it comes with the image or the archive, so take these whole");
    }
}
