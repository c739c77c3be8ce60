// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/** Is told how the connection to the API server fares, from its threads. By default nothing is done. */
public interface ApiObserver {

    /**
     * A request has got an answer, or none.
     *
     * @param method {@code GET}, {@code POST} or {@code PATCH}
     * @param host the server's address and port
     * @param status the HTTP status, 0 without an answer
     * @param took the time until the head of the answer
     */
    default void requested(String method, String host, int status, Duration took) {}

    /** The body of an answer was received, so far as it was read. */
    default void received(String method, String host, long bytes) {}

    /** The server asked for a delay before the request is repeated. */
    default void retried(String method, String host, int status) {}

    /** A kind shall be watched from now on. */
    default void begun(ResourceKind kind) {}

    /** A kind is being watched from now on. */
    default void watching(ResourceKind kind) {}

    /** A watch delivered a change or a bookmark, or a list was read. */
    default void heard(ResourceKind kind) {}

    /** A watch has ended. */
    default void ended(ResourceKind kind, WatchEnd cause) {}

    /** The client certificate in use, empty without one. */
    default void certificate(Optional<ClientCertificate> inUse) {}

    /** The credentials cannot be loaded anew, those in use stay; an empty text once they were. */
    default void credentialsKept(String reason) {}

    /** The server has not been reached since a time. Repeated with each failure. */
    default void unreachable(Instant since, String cause) {}

    /** The server was reached again. */
    default void reached() {}

    /**
     * The server refuses a request for a kind, or answers with nonsense. Repeated with each failure.
     *
     * @param verb {@code list} or {@code watch}
     * @param status the HTTP status, 0 for an answer that does not come from an API server
     */
    default void refused(ResourceKind kind, String verb, int status, String cause) {}

    /** Passes everything on to each of {@code observers}. */
    static ApiObserver all(ApiObserver... observers) {
        return new ApiObservers(List.of(observers));
    }
}
