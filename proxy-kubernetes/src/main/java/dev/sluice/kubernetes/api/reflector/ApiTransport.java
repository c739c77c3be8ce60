// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api.reflector;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;

/** Sends requests to an API server. Thread-safe. */
public interface ApiTransport {

    /**
     * Sends a GET request and waits for the head of a successful answer.
     *
     * @param verb the verb that the role needs: {@code list} or {@code watch}
     * @param uri the path and query
     * @param patience the longest wait
     * @param silence called when the body has been silent for {@link ApiTiming#silence()}, and again after each such
     *     time
     * @throws ApiFailure when there is no answer, or not a successful one in JSON
     */
    Answer get(String verb, String uri, Duration patience, SilenceListener silence)
            throws ApiFailure, InterruptedException;

    /**
     * Returns once the peer has shown that it is alive.
     *
     * @throws ApiFailure when it has not within {@link ApiTiming#probe()}; all connections are then given up
     */
    void probe() throws ApiFailure, InterruptedException;

    /** Decides what becomes of a silent body. */
    @FunctionalInterface
    interface SilenceListener {

        /** @throws IOException to give the body up */
        void silentFor(Duration silence) throws IOException, InterruptedException;
    }

    /** A successful answer. */
    interface Answer extends AutoCloseable {

        /** The body. Its reads fail with {@link ApiFailure}, or what the listener of silence threw. */
        InputStream body();

        /** Whether nothing but this answer uses the connection: a probe would take another. */
        boolean hasItsOwnConnection();

        /** How long the head took to arrive. */
        Duration took();

        /** Makes the reader of the body fail, from any thread. */
        void fail(ApiFailure failure);

        /** Gives the body up; the connection is closed when it was not read to its end. */
        @Override
        void close();
    }
}
