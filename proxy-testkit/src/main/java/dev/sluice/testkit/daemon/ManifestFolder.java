// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;

/** A folder that {@code --manifests} names; a file comes and changes in one step, so that no half of it is ever read. */
public final class ManifestFolder implements ClusterWriter {
    private final Path manifests;
    private final Path writing;

    /** Makes {@code manifests} in {@code folder}, and a place for files that are not whole yet. */
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
        // the files stay for whoever looks into a failure
    }
}
