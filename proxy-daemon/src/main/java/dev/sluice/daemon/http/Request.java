// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.net.InetAddress;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A request.
 *
 * @param path decoded, e.g. {@code /healthz}
 * @param query the part of the URL behind the question mark as it was sent, empty without one
 * @param minor the version's second digit: 0 for HTTP/1.0
 * @param headers by their names in lower case; values of the same name are joined by commas
 * @param local the address that the client connected to
 * @param body its first 1,024 bytes as UTF-8; the rest is read and dropped
 */
public record Request(
        String method,
        String path,
        String query,
        int minor,
        Map<String, String> headers,
        InetAddress local,
        String body) {

    /** The value of a header, empty without one. */
    public String header(String name) {
        return headers.getOrDefault(name.toLowerCase(Locale.ROOT), "");
    }

    /** Whether the query has {@code name}, with or without a value. */
    public boolean asks(String name) {
        return Stream.of(query.split("&", -1)).anyMatch(part -> part.equals(name) || part.startsWith(name + "="));
    }

    /** The value of {@code name} in the query as it was sent, or {@code fallback}. */
    public String parameter(String name, String fallback) {
        return Stream.of(query.split("&", -1))
                .filter(part -> part.startsWith(name + "="))
                .map(part -> part.substring(name.length() + 1))
                .findFirst()
                .orElse(fallback);
    }

    /** Whether the client takes a page of plain text. */
    public boolean acceptsText() {
        return header("accept").isEmpty()
                || elements("accept").anyMatch(e -> e.matches("(text/plain|text/\\*|\\*/\\*)\\s*(;.*)?"));
    }

    boolean isHead() {
        return method.equals("HEAD");
    }

    /** Whether the client can use the connection again. */
    boolean keepsAlive() {
        return minor == 0 ? lists("connection", "keep-alive") : !lists("connection", "close");
    }

    boolean acceptsGzip() {
        return elements("accept-encoding")
                .anyMatch(e -> e.matches("(x-)?gzip\\s*(;\\s*q=(0?\\.0*[1-9]\\d*|1(\\.0*)?))?"));
    }

    private boolean lists(String header, String element) {
        return elements(header).anyMatch(element::equals);
    }

    private Stream<String> elements(String header) {
        return Stream.of(header(header).toLowerCase(Locale.ROOT).split(",", -1)).map(String::strip);
    }
}
