// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.inject;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/** What a client can do to a server, by intent or by mistake. */
public enum HttpAttack {
    SILENCE(""),
    HALF_A_REQUEST_LINE("GET /heal"),
    HALF_A_HEADER("GET /livez HTTP/1.1\r\nHos"),
    NO_END_OF_HEADERS("GET /livez HTTP/1.1\r\nHost: h\r\n"),
    POST_WITHOUT_ITS_BODY("POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\n"),
    HALF_A_BODY("POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 1000\r\n\r\nabc"),
    HALF_A_CHUNK("POST /livez HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nff\r\nabc"),
    ONE_BYTE_AT_A_TIME("GET /livez HTTP/1.1\r\nX: ") {
        @Override
        public void goOn(Socket client) throws IOException {
            client.getOutputStream().write('x');
        }
    },
    NEVER_READS_A_LARGE_ANSWER("GET /large HTTP/1.1\r\nHost: h\r\n\r\n"),
    NEVER_READS_MANY_ANSWERS("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n".repeat(200)) {
        @Override
        public void goOn(Socket client) throws IOException {
            client.getOutputStream()
                    .write("GET /livez HTTP/1.1\r\nHost: h\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        }
    },
    HUGE_REQUEST_LINE("GET /" + "x".repeat(100_000)),
    HUGE_HEADER("GET /livez HTTP/1.1\r\nHost: h\r\nX: " + "x".repeat(100_000)),
    MANY_HEADERS("GET /livez HTTP/1.1\r\nHost: h\r\n" + "X: y\r\n".repeat(10_000)),
    HUGE_BODY("POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 1000000000\r\n\r\n" + "x".repeat(100_000)),
    GARBAGE("\u0000\u0001\u00ff\u00fe garbage \r\n\r\n\u0000"),
    TLS_CLIENT_HELLO("\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc\u0003\u0003"),
    HTTP_1_0("GET /livez HTTP/1.0\r\n\r\n"),
    ABSOLUTE_URI("GET http://elsewhere:1/livez HTTP/1.1\r\nHost: h\r\n\r\n"),
    MANY_SMALL_CHUNKS(
            "PUT /livez HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + "1\r\nx\r\n".repeat(100)),
    CHUNKED_BODY("POST /livez HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"),
    RESET_AT_ONCE("") {
        @Override
        public void begin(Socket client, String page, String large) throws IOException {
            client.setSoLinger(true, 0);
            client.close();
        }
    },
    RESET_WITH_A_REQUEST("GET /large HTTP/1.1\r\nHost: h\r\n\r\n") {
        @Override
        public void begin(Socket client, String page, String large) throws IOException {
            super.begin(client, page, large);
            client.setSoLinger(true, 0);
            client.close();
        }
    };

    private final String sent;

    HttpAttack(String sent) {
        this.sent = sent;
    }

    /**
     * What the client does first.
     *
     * @param page the path of a page of the server
     * @param large the path of one of many bytes, if it has any
     */
    public void begin(Socket client, String page, String large) throws IOException {
        String text = sent.replace("/livez", page).replace("/large", large);
        client.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    /** What it does again and again. */
    public void goOn(Socket client) throws IOException {}
}
