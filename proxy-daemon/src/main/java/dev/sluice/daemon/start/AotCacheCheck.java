// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.linux.sysctl.KernelFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * Whether the JVM uses the ahead-of-time cache that was meant for it. It ignores one that does not fit its options or
 * version, and starts slower then; it is not given one that does not fit the jars. Whoever starts the process names the
 * cache in a property, as well as in {@code -XX:AOTCache}: to ask the JVM for that option takes its management classes,
 * a tenth of a start.
 */
public final class AotCacheCheck {
    private static final String PROPERTY = "sluice.aot-cache";
    private static final Path MAPPINGS = Path.of("/proc/self/maps");

    private AotCacheCheck() {}

    /** What is wrong with the cache; empty where it is used, or none was meant to be. */
    public static Optional<String> problem() {
        String cache = System.getProperty(PROPERTY, "");
        if (cache.isEmpty()) {
            return Optional.empty();
        }
        try {
            return problem(cache, KernelFiles.read(MAPPINGS), Path.of(System.getProperty("java.class.path")));
        } catch (IOException e) {
            return Optional.empty(); // no /proc
        }
    }

    /**
     * @param mappings the text of /proc/PID/maps: the JVM maps the cache that it uses
     * @param jar of the daemon; its libraries are in {@code lib} beside it
     */
    static Optional<String> problem(String cache, String mappings, Path jar) throws IOException {
        if (mappings.lines().anyMatch(line -> line.endsWith(cache))) {
            return Optional.empty();
        }
        return Optional.of("The ahead-of-time cache " + cache + " is not used, so the start takes longer: "
                + reason(Path.of(cache), jar)
                + "; 'make build' makes one where that can be, an image or archive has one and must be whole");
    }

    private static String reason(Path cache, Path jar) throws IOException {
        if (!Files.exists(cache)) {
            return "it is not there";
        }
        FileTime made = Files.getLastModifiedTime(cache);
        for (Path each : jars(jar)) {
            if (Files.getLastModifiedTime(each).compareTo(made) > 0) {
                return each.getFileName() + " is newer";
            }
        }
        return "it was made from other jars, by another Java or with other options";
    }

    private static List<Path> jars(Path jar) throws IOException {
        Path libraries = jar.resolveSibling("lib");
        try (Stream<Path> files = Files.isDirectory(libraries) ? Files.list(libraries) : Stream.empty()) {
            return Stream.concat(Stream.of(jar), files.sorted())
                    .filter(Files::isRegularFile)
                    .toList();
        }
    }
}
