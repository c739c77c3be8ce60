// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/**
 * A folder for {@code --manifests}. Each file is added or replaced in one step, so that the daemon never reads half of
 * it.
 */
public final class ManifestFolder implements ClusterWriter {
    private final Path manifests;
    private final Path writing;

    /** Creates {@code manifests} in {@code folder}, and a folder beside it for unfinished files. */
    public ManifestFolder(Path folder) {
        manifests = folder.resolve("manifests");
        writing = folder.resolve("writing");
        try {
            Files.createDirectories(manifests);
            Files.createDirectories(writing);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public List<String> flags() {
        return List.of("--manifests", manifests.toString());
    }

    @Override
    public void write(String name, String yaml) {
        try {
            Path half = writing.resolve(name);
            Files.writeString(half, yaml);
            Files.move(half, manifests.resolve(name), StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void delete(String name) {
        try {
            Files.deleteIfExists(manifests.resolve(name));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        // the files are kept, to help with failures
    }
}
