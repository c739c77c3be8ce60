// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.testkit.lab.Lab;
import java.nio.file.Path;
import java.util.List;

/** The way by which a scenario's objects come to the daemon. */
public interface ClusterWriter extends AutoCloseable {

    /** The flags that make the daemon read what is written here. */
    List<String> flags();

    /**
     * From now on the objects of {@code name} are exactly those of {@code yaml}.
     *
     * @param yaml several documents
     */
    void write(String name, String yaml);

    /** The objects of {@code name} are gone. */
    void delete(String name);

    /**
     * What an API server has below {@code path}, as JSON.
     *
     * @throws UnsupportedOperationException when there is none
     */
    default String read(String path) {
        throw new UnsupportedOperationException("there is no API server to ask for " + path);
    }

    /**
     * Whether the API server refuses to read out the objects of {@code plural}.
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
        /** @param folder an existing folder that the writer has to itself */
        ClusterWriter open(Lab lab, Path folder);
    }
}
