// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.api;

import com.sun.net.httpserver.HttpExchange;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.zip.GZIPOutputStream;

/** Whole answers in JSON. */
final class ApiAnswer {
    private ApiAnswer() {}

    static void send(HttpExchange exchange, int code, String body) throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        if (isCompressed(exchange, bytes)) {
            exchange.getResponseHeaders().add("Content-Encoding", "gzip");
            bytes = compressed(bytes);
        }
        exchange.sendResponseHeaders(code, bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    /** As kube-apiserver does: what is longer than 128 KiB, for clients that say they accept it. */
    private static boolean isCompressed(HttpExchange exchange, byte[] bytes) {
        String accepted = exchange.getRequestHeaders().getFirst("Accept-Encoding");
        return accepted != null && accepted.contains("gzip") && bytes.length > 128 << 10;
    }

    private static byte[] compressed(byte[] bytes) throws IOException {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream packer = new GZIPOutputStream(packed)) {
            packer.write(bytes);
        }
        return packed.toByteArray();
    }

    /** Refuses with a {@code Status} of the API. */
    static void refuse(HttpExchange exchange, int code) throws IOException {
        send(exchange, code, status(code));
    }

    /** A {@code Status} of the API. */
    static String status(int code) {
        return "{\"kind\": \"Status\", \"apiVersion\": \"v1\", \"status\": \"Failure\", \"code\": " + code
                + ", \"message\": \"refused by the test\"}";
    }
}
