// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.testkit.lab.Lab;
import java.nio.file.Path;
import java.util.List;

/** Delivers a scenario's objects to the daemon: through a folder of manifests or an API server. */
public interface ClusterWriter extends AutoCloseable {

    /** The flags that make the daemon read from this writer. */
    List<String> flags();

    /**
     * Makes {@code yaml} the objects of {@code name}, in place of those before.
     *
     * @param yaml several documents
     */
    void write(String name, String yaml);

    /** Deletes the objects of {@code name}. */
    void delete(String name);

    /**
     * The API server's answer at {@code path}, as JSON.
     *
     * @throws UnsupportedOperationException when there is no API server
     */
    default String read(String path) {
        throw new UnsupportedOperationException("there is no API server to ask for " + path);
    }

    /**
     * Makes the API server refuse to list the objects of {@code plural}, or serve them again.
     *
     * @throws UnsupportedOperationException when there is no API server
     */
    default void withhold(String plural, boolean on) {
        throw new UnsupportedOperationException("there is no API server to withhold " + plural);
    }

    @Override
    void close();

    /** Opens a writer for a lab's node. */
    @FunctionalInterface
    interface Opener {
        /** @param folder an existing folder for this writer alone */
        ClusterWriter open(Lab lab, Path folder);
    }
}
