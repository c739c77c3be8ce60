// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.bench.iptables;

import dev.sluice.testkit.lab.TextFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A recorder of a daemon's input to a tool: a script of the tool's name in its PATH. The daemon looks the tool up each
 * time, so it is slowed down only while the script exists.
 */
final class RestoreRecorder {
    private final String tool;
    private final Path folder;

    /** @param folder is created, and must come first in the daemon's PATH */
    RestoreRecorder(String tool, Path folder) throws IOException {
        this.tool = tool;
        this.folder = Files.createDirectory(folder);
    }

    /** The daemon's PATH. */
    String path() {
        return folder + ":" + Optional.ofNullable(System.getenv("PATH")).orElse("/usr/sbin:/usr/bin:/sbin:/bin");
    }

    void begin() throws IOException {
        Path draft = Files.writeString(folder.resolve("draft"), """
            #!/bin/sh
            input=$(mktemp "%1$s/input.XXXXXX")
            cat >"$input"
            PATH=${PATH#*:}
            %2$s "$@" <"$input"
            """.formatted(folder, tool));
        Files.setPosixFilePermissions(draft, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.move(draft, folder.resolve(tool), StandardCopyOption.ATOMIC_MOVE);
    }

    /** Stops recording, and returns the tool's input since {@link #begin}. */
    String end() throws IOException {
        Files.delete(folder.resolve(tool));
        try (Stream<Path> files = Files.list(folder)) {
            List<Path> inputs = files.sorted((a, b) -> Long.compare(modified(a), modified(b)))
                    .toList();
            StringBuilder text = new StringBuilder();
            for (Path input : inputs) {
                text.append(TextFile.read(input));
                Files.delete(input);
            }
            return text.toString();
        }
    }

    private static long modified(Path file) {
        return file.toFile().lastModified();
    }
}
