// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * An answer as it is sent.
 *
 * @param bytes head and body
 * @param ends whether the connection ends with it
 */
record Response(ByteBuffer bytes, boolean ends) {
    private static final DateTimeFormatter DATE = DateTimeFormatter.RFC_1123_DATE_TIME.withZone(ZoneOffset.UTC);
    private static final int WORTH_COMPRESSING = 1024;

    /** An answer with its body as it is. */
    static Response plain(Page page, @Nullable Request request, boolean ends) {
        return of(page, page.content(), "", request, ends);
    }

    /** The same with a long body compressed if the client accepts that: takes time, so not for the loop's thread. */
    static Response compressed(Page page, Request request, boolean ends) {
        ByteBuffer body = page.content();
        return request.acceptsGzip() && body.remaining() >= WORTH_COMPRESSING
                ? of(page, gzip(body), "Content-Encoding: gzip\r\n", request, ends)
                : of(page, body, "", request, ends);
    }

    private static Response of(Page page, ByteBuffer body, String coding, @Nullable Request request, boolean ends) {
        StringBuilder head = new StringBuilder("HTTP/1.1 " + page.status() + " " + reason(page.status()))
                .append("\r\nContent-Type: ")
                .append(page.contentType())
                .append("\r\nX-Content-Type-Options: nosniff\r\n");
        page.headers()
                .forEach((name, value) ->
                        head.append(name).append(": ").append(value).append("\r\n"));
        head.append(coding).append("Date: ").append(DATE.format(Instant.now()));
        head.append("\r\nContent-Length: ").append(body.remaining()).append("\r\n");
        if (ends) {
            head.append("Connection: close\r\n");
        } else if (request != null && request.minor() == 0) {
            head.append("Connection: keep-alive\r\n");
        }
        byte[] headBytes = head.append("\r\n").toString().getBytes(StandardCharsets.ISO_8859_1);
        boolean withBody = request == null || !request.isHead();
        ByteBuffer bytes = ByteBuffer.allocate(headBytes.length + (withBody ? body.remaining() : 0))
                .put(headBytes);
        if (withBody) {
            bytes.put(body);
        }
        return new Response(bytes.flip(), ends);
    }

    private static ByteBuffer gzip(ByteBuffer body) {
        ByteArrayOutputStream compressed = new ByteArrayOutputStream(body.remaining() / 8);
        try (GZIPOutputStream out = new FastGzip(compressed)) {
            Channels.newChannel(out).write(body);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return ByteBuffer.wrap(compressed.toByteArray());
    }

    /** Half the processor time of the default level, for a tenth more bytes. */
    private static final class FastGzip extends GZIPOutputStream {
        FastGzip(ByteArrayOutputStream out) throws IOException {
            super(out, 8192);
            def.setLevel(Deflater.BEST_SPEED);
        }
    }

    static String reason(int status) {
        return switch (status) {
            case 200 -> "OK";
            case 400 -> "Bad Request";
            case 404 -> "Not Found";
            case 405 -> "Method Not Allowed";
            case 406 -> "Not Acceptable";
            case 408 -> "Request Timeout";
            case 413 -> "Request Entity Too Large";
            case 417 -> "Expectation Failed";
            case 431 -> "Request Header Fields Too Large";
            case 500 -> "Internal Server Error";
            case 501 -> "Not Implemented";
            case 503 -> "Service Unavailable";
            case 505 -> "HTTP Version Not Supported";
            default -> "Status " + status;
        };
    }
}
