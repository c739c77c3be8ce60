// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.util.Map;

/**
 * An answer to a request.
 *
 * @param headers besides those of every answer
 */
public record Page(int status, String contentType, String body, Map<String, String> headers) {
    private static final String TEXT = "text/plain; charset=utf-8";

    public Page(int status, String contentType, String body) {
        this(status, contentType, body, Map.of());
    }

    public static Page text(int status, String body) {
        return new Page(status, TEXT, body);
    }

    public static Page json(int status, String body) {
        return new Page(status, "application/json", body);
    }

    /** 405 with the methods that are allowed, separated by commas. */
    public static Page methodNotAllowed(String allowed) {
        return new Page(405, TEXT, "Method Not Allowed\n", Map.of("Allow", allowed));
    }

    /** 404 in the words of Go's server. */
    static Page notFound() {
        return text(404, "404 page not found\n");
    }

    /** 503 for a client that should try again in a few seconds. */
    static Page busy(String reason) {
        return new Page(503, TEXT, reason + "\n", Map.of("Retry-After", "5"));
    }
}
