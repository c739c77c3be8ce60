// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.daemon;

import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabHost;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Locale;

/**
 * The answer to one HTTP request.
 *
 * @param status the HTTP status
 */
public record HttpPage(int status, String headers, String body) {

    /** Sends a GET request from {@code host}'s namespace. */
    public static HttpPage get(LabHost host, IpAddress address, int port, String path) throws IOException {
        return send(host, address, port, "GET", path, "");
    }

    /** Sends a request with a JSON body from {@code host}'s namespace. */
    public static HttpPage send(LabHost host, IpAddress address, int port, String method, String path, String json)
            throws IOException {
        try (Connection connection =
                host.caller().waiting(Duration.ofSeconds(30)).connect(address, port)) {
            byte[] body = json.getBytes(StandardCharsets.UTF_8);
            String type =
                    body.length == 0 ? "" : "\r\nContent-Type: application/json\r\nContent-Length: " + body.length;
            connection.send(method + " " + path + " HTTP/1.1\r\nHost: " + address.withPort(port) + type
                    + "\r\nConnection: close\r\n\r\n");
            connection.send(ByteBuffer.wrap(body));
            return parse(new String(connection.input().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static HttpPage parse(String text) throws IOException {
        int end = text.indexOf("\r\n\r\n");
        if (end < 0 || !text.startsWith("HTTP/1.") || text.length() < 12) {
            throw new IOException("no HTTP answer: '" + text + "'");
        }
        String headers = text.substring(0, end);
        String body = text.substring(end + 4);
        boolean chunked = headers.toLowerCase(Locale.ROOT).contains("transfer-encoding: chunked");
        return new HttpPage(Integer.parseInt(text.substring(9, 12)), headers, chunked ? unchunk(body) : body);
    }

    private static String unchunk(String body) {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        StringBuilder whole = new StringBuilder();
        int at = 0;
        while (at < bytes.length) {
            int lineEnd = at;
            while (bytes[lineEnd] != '\r') {
                lineEnd++;
            }
            int size = Integer.parseInt(new String(bytes, at, lineEnd - at, StandardCharsets.US_ASCII).strip(), 16);
            if (size == 0) {
                break;
            }
            whole.append(new String(bytes, lineEnd + 2, size, StandardCharsets.UTF_8));
            at = lineEnd + 2 + size + 2;
        }
        return whole.toString();
    }
}
