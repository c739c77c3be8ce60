// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestParserTest {
    private static final InetAddress LOCAL = InetAddress.getLoopbackAddress();

    @Test
    void readsTheRequestLineAndTheHeaders() throws RequestException {
        Request request = parsed("GET /a%20b+c?x=1&verbose HTTP/1.1\r\nHost: h\r\nAccept: a\r\naccept: b\r\n\r\n");
        assertThat(request.method()).isEqualTo("GET");
        assertThat(request.path()).isEqualTo("/a b+c");
        assertThat(request.query()).isEqualTo("x=1&verbose");
        assertThat(request.asks("verbose")).isTrue();
        assertThat(request.asks("x")).isTrue();
        assertThat(request.asks("verb")).isFalse();
        assertThat(request.header("Accept")).isEqualTo("a, b");
        assertThat(request.header("missing")).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET /livez HTTP/1.1\r\nHost: h\r\n\r\n",
                "GET /livez HTTP/1.0\n\n",
                "\r\n\r\nGET /livez HTTP/1.0\r\n\r\n",
                "GET http://host:10256/livez HTTP/1.1\r\nHost: h\r\n\r\n",
                "POST /livez HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\nabc",
                "POST /livez HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nT: v\r\n\r\n",
            })
    void endsWhereTheRequestEndsInWhateverPiecesItComes(String request) throws RequestException {
        for (int size = 1; size <= request.length() + 3; size++) {
            RequestParser parser = new RequestParser(HttpLimits.PAGES, LOCAL);
            ByteBuffer all = bytes(request + "GET");
            Request result = null;
            while (result == null) {
                int count = Math.min(size, all.remaining());
                ByteBuffer piece = all.slice(all.position(), count);
                result = parser.parse(piece);
                all.position(all.position() + piece.position());
            }
            assertThat(result.path()).isEqualTo("/livez");
            assertThat(result.body()).isEqualTo(result.method().equals("POST") ? "abc" : "");
            assertThat(all.remaining()).as("what belongs to the next request").isEqualTo(3);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            400 | GET /\\r\\n
            400 | GET  / HTTP/1.1\\r\\n
            400 | GET / HTTP/x\\r\\n
            400 | G(T / HTTP/1.1\\r\\n
            400 | GET livez HTTP/1.1\\r\\n
            400 | GET /%zz HTTP/1.1\\r\\n
            400 | CONNECT host:1 HTTP/1.1\\r\\n
            505 | PRI * HTTP/2.0\\r\\n
            400 | GET / HTTP/1.1\\r\\n\\r\\n
            400 | GET / HTTP/1.1\\r\\nHost: a\\r\\nHost: b\\r\\n
            400 | GET / HTTP/1.1\\r\\nHost : a\\r\\n
            400 | GET / HTTP/1.1\\r\\nA: b\\r\\n folded\\r\\n
            400 | GET / HTTP/1.1\\r\\nno colon\\r\\n
            400 | POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n
            400 | POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 1\\r\\nContent-Length: 2\\r\\n
            400 | POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: -1\\r\\n\\r\\n
            400 | POST / HTTP/1.0\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n
            400 | POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nxyz\\r\\n
            400 | POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\n1\\r\\nab\\r\\n
            413 | POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: chunked\\r\\n\\r\\nfffffffffffffffffff\\r\\n
            413 | POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 99999999999999999999999\\r\\n\\r\\n
            413 | POST / HTTP/1.1\\r\\nHost: h\\r\\nContent-Length: 65537\\r\\n\\r\\n
            417 | POST / HTTP/1.1\\r\\nHost: h\\r\\nExpect: a miracle\\r\\n\\r\\n
            501 | POST / HTTP/1.1\\r\\nHost: h\\r\\nTransfer-Encoding: gzip\\r\\n\\r\\n
            """)
    void refusesWhatIsMalformedOrAmbiguous(int status, String request) {
        assertThat(refusal(request.replace("\\r", "\r").replace("\\n", "\n"))).isEqualTo(status);
    }

    @Test
    void refusesAForeignProtocolAtItsFirstByte() {
        assertThat(refusal("\u0016")).isEqualTo(400);
    }

    @Test
    void limitsTheHead() throws RequestException {
        String filler = "x".repeat(HttpLimits.PAGES.headBytes());
        assertThat(refusal("GET /" + filler)).isEqualTo(431);
        assertThat(refusal("GET / HTTP/1.1\r\nA: " + filler)).isEqualTo(431);
        assertThat(refusal("GET / HTTP/1.1\r\n" + "A: b\r\n".repeat(101))).isEqualTo(431);
        String trailers = "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n";
        assertThat(parsed(trailers + "\r\n").path()).isEqualTo("/");
        assertThat(refusal(trailers + "A: " + filler)).isEqualTo(431);
    }

    @Test
    void keepsTheBeginningOfABody() throws RequestException {
        String sized = "PUT / HTTP/1.1\r\nHost: h\r\nContent-Length: 2000\r\n\r\n" + "x".repeat(2000);
        String chunked = "PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n" + "258\r\n" + "x".repeat(600)
                + "\r\n258\r\n" + "x".repeat(600) + "\r\n0\r\n\r\n";
        assertThat(parsed(sized).body()).isEqualTo("x".repeat(RequestParser.KEPT_BODY));
        assertThat(parsed(chunked).body()).isEqualTo("x".repeat(RequestParser.KEPT_BODY));
    }

    @Test
    void readsParameters() throws RequestException {
        Request request = parsed("GET /a?seconds=5&gc=&seconds=6 HTTP/1.0\r\n\r\n");
        assertThat(request.parameter("seconds", "1")).isEqualTo("5");
        assertThat(request.parameter("gc", "1")).isEmpty();
        assertThat(request.parameter("second", "1")).isEqualTo("1");
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            text/plain | true
            application/json, */*;q=0.1 | true
            text/html,text/* | true
            application/json;v=v1beta1;g=config.k8s.io;as=Statusz | false
            """)
    void knowsWhoTakesText(String accepted, boolean takes) throws RequestException {
        assertThat(parsed("GET / HTTP/1.0\r\nAccept: " + accepted + "\r\n\r\n").acceptsText())
                .isEqualTo(takes);
        assertThat(parsed("GET / HTTP/1.0\r\n\r\n").acceptsText()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            gzip | true
            deflate, GZIP;q=0.5 | true
            gzip;q=1.0, identity | true
            gzip;q=0 | false
            gzip; q=0.000 | false
            identity | false
            """)
    void compressesForThoseWhoAcceptIt(String accepted, boolean compresses) throws RequestException {
        assertThat(parsed("GET / HTTP/1.0\r\nAccept-Encoding: " + accepted + "\r\n\r\n")
                        .acceptsGzip())
                .isEqualTo(compresses);
    }

    @ParameterizedTest
    @CsvSource({"1.1,keep-alive,true", "1.1,Close,false", "1.1,x,true", "1.0,x,false", "1.0,Keep-Alive,true"})
    void keepsTheConnectionAsTheVersionSays(String version, String connection, boolean keeps) throws RequestException {
        assertThat(parsed("GET / HTTP/" + version + "\r\nHost: h\r\nConnection: " + connection + "\r\n\r\n")
                        .keepsAlive())
                .isEqualTo(keeps);
    }

    private static Request parsed(String text) throws RequestException {
        Request request = parse(text);
        if (request == null) {
            throw new AssertionError("incomplete: " + text);
        }
        return request;
    }

    private static @Nullable Request parse(String text) throws RequestException {
        return new RequestParser(HttpLimits.PAGES, LOCAL).parse(bytes(text));
    }

    private static int refusal(String text) {
        int[] status = {0};
        assertThatThrownBy(() -> parse(text))
                .isInstanceOfSatisfying(RequestException.class, e -> status[0] = e.status());
        return status[0];
    }

    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.ISO_8859_1));
    }
}
