// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import java.time.Duration;
import java.time.Instant;

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

    /** A kind is being watched from now on. */
    default void watching(ResourceKind kind) {}

    /** A watch delivered a change or a bookmark, or a list was read. */
    default void heard(ResourceKind kind) {}

    /** A watch has ended. */
    default void ended(ResourceKind kind, WatchEnd cause) {}

    /** The client certificate in use expires at a time. */
    default void certificateExpires(Instant when) {}

    /** The server has not been reached since a time. Repeated with each failure. */
    default void unreachable(Instant since, String cause) {}

    /** The server was reached again. */
    default void reached() {}

    /** The server refuses a request for a kind, or answers with nonsense. Repeated with each failure. */
    default void refused(ResourceKind kind, String cause) {}
}
