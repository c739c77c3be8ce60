// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/**
 * An answer to a request.
 *
 * @param content the body
 * @param headers besides those of every answer
 */
public record Page(int status, String contentType, ByteBuffer content, Map<String, String> headers) {
    private static final String TEXT = "text/plain; charset=utf-8";

    public Page(int status, String contentType, String body) {
        this(status, contentType, body, Map.of());
    }

    public Page(int status, String contentType, String body, Map<String, String> headers) {
        this(status, contentType, ByteBuffer.wrap(body.getBytes(StandardCharsets.UTF_8)), headers);
    }

    /** The body, to be read once. */
    @Override
    public ByteBuffer content() {
        return content.duplicate();
    }

    /** The body of a page of text. */
    public String body() {
        return StandardCharsets.UTF_8.decode(content()).toString();
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
    public static Page busy(String reason) {
        return new Page(503, TEXT, reason + "\n", Map.of("Retry-After", "5"));
    }
}
