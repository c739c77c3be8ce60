// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What one connection carries, and when the server ends it; over real sockets, with short limits. */
@Tag("slow")
class ConnectionTest {
    private static final Duration SHORT = Duration.ofMillis(300);
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String LARGE = "0123456789abcdef".repeat(1 << 20);
    private static final String POST = "POST /page HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n";

    private final InetSocketAddress address;
    private PageServer server;

    ConnectionTest() throws IOException {
        address = FreeAddress.find();
        server = serve(limits(4, 32 << 20, LONG, LONG));
    }

    private static HttpLimits limits(int connections, long unsent, Duration read, Duration write) {
        return new HttpLimits(connections, 1000, 1000, unsent, read, read, read, LONG, write, true);
    }

    private PageServer serve(HttpLimits limits) {
        PageServer created = new PageServer("test", "the-flag", address, limits)
                .page("/page", request -> Page.text(200, request.method()))
                .page("/six", request -> Page.text(200, LARGE.substring(0, 6 << 20)))
                .page("/large", request -> Page.text(200, LARGE));
        assertThat(created.start()).isEmpty();
        return created;
    }

    private void serveInstead(HttpLimits limits) {
        server.close();
        server = serve(limits);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    @Test
    void carriesOneRequestAfterTheOther() throws IOException {
        try (RawClient client = new RawClient(address)) {
            for (int i = 0; i < 3; i++) {
                assertThat(client.get("/page").answer())
                        .startsWith("HTTP/1.1 200 OK\r\n")
                        .doesNotContain("Connection:")
                        .endsWith("\r\n\r\nGET");
                assertThat(client.get("/none").answer())
                        .startsWith("HTTP/1.1 404 ")
                        .endsWith("404 page not found\n");
            }
        }
    }

    @Test
    void answersPipelinedRequestsInTheirOrder() throws IOException {
        try (RawClient client = new RawClient(address)) {
            client.send((POST + "\r\nabc" + "GET /none HTTP/1.1\r\nHost: h\r\n\r\n").repeat(50)
                            + "GET /page HTTP/1.0\r\n\r\nGET /page")
                    .end();
            for (int i = 0; i < 50; i++) {
                assertThat(client.answer()).endsWith("\r\n\r\nPOST");
                assertThat(client.answer()).startsWith("HTTP/1.1 404 ");
            }
            assertThat(client.rest()).contains("\r\nConnection: close\r\n").endsWith("\r\n\r\nGET");
        }
    }

    @Test
    void answersAClientThatSaysHttp10WithKeepAlive() throws IOException {
        try (RawClient client = new RawClient(address)) {
            for (int i = 0; i < 2; i++) {
                client.send("GET /page HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n");
                assertThat(client.answer()).contains("\r\nConnection: keep-alive\r\n");
            }
        }
    }

    @Test
    void headHasTheLengthOfGetAndNoBody() throws IOException {
        try (RawClient client = new RawClient(address)) {
            client.send("HEAD /large HTTP/1.1\r\nHost: h\r\n\r\n").get("/page");
            assertThat(client.head()).contains("\r\nContent-Length: " + LARGE.length() + "\r\n");
            assertThat(client.answer()).endsWith("\r\n\r\nGET");
        }
    }

    @Test
    void invitesABodyThatTheClientHoldsBack() throws IOException {
        try (RawClient client = new RawClient(address)) {
            client.send(POST + "Expect: 100-continue\r\n\r\n");
            assertThat(client.head()).isEqualTo("HTTP/1.1 100 Continue\r\n\r\n");
            assertThat(client.send("abc").answer()).endsWith("\r\n\r\nPOST");
        }
    }

    @Test
    void aRefusalIsReadEvenByAClientThatGoesOnSending() throws IOException {
        try (RawClient client = new RawClient(address)) {
            client.send("POST /page HTTP/1.1\r\nHost: h\r\nContent-Length: 1001\r\n\r\n" + "x".repeat(1001));
            assertThat(client.rest())
                    .startsWith("HTTP/1.1 413 ")
                    .contains("\r\nConnection: close\r\n")
                    .endsWith("413 Request Entity Too Large: the body is longer than 1000 bytes\n");
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"G", "GET /page", "GET /page HTTP/1.1\r\nHost: h\r\n", POST + "\r\n", POST + "\r\nab"})
    void anIncompleteRequestEndsWith408(String sent) throws IOException {
        serveInstead(limits(4, 32 << 20, SHORT, LONG));
        try (RawClient client = new RawClient(address)) {
            assertThat(client.send(sent).rest()).startsWith("HTTP/1.1 408 Request Timeout\r\n");
        }
    }

    @Test
    void aSilentOrIdleClientIsLeftWithoutAWord() throws IOException {
        serveInstead(limits(4, 32 << 20, SHORT, LONG));
        try (RawClient silent = new RawClient(address)) {
            assertThat(silent.rest()).isEmpty();
        }
        try (RawClient idle = new RawClient(address)) {
            assertThat(idle.get("/page").answer()).startsWith("HTTP/1.1 200 ");
            assertThat(idle.rest()).isEmpty();
        }
    }

    @Test
    void aClientThatDoesNotReadIsLeft() throws IOException {
        serveInstead(limits(4, 32 << 20, LONG, SHORT));
        try (RawClient client = new RawClient(address)) {
            client.get("/six");
            await().until(() -> server.openConnections() == 1);
            await().atMost(Duration.ofSeconds(60)).until(() -> server.openConnections() == 0);
        }
    }

    @Test
    void theClientThatHasBeenIdleLongestMakesRoom() throws IOException {
        try (RawClient first = new RawClient(address);
                RawClient second = new RawClient(address);
                RawClient third = new RawClient(address);
                RawClient fourth = new RawClient(address)) {
            for (RawClient client : List.of(first, second, third, fourth, first)) {
                client.get("/page").answer();
            }
            try (RawClient fifth = new RawClient(address)) {
                assertThat(fifth.get("/page").answer()).startsWith("HTTP/1.1 200 ");
                assertThat(server.openConnections()).isEqualTo(4);
                assertThat(second.rest()).isEmpty();
                for (RawClient client : List.of(first, third, fourth)) {
                    assertThat(client.get("/page").answer()).startsWith("HTTP/1.1 200 ");
                }
            }
        }
    }

    private static boolean isCut(RawClient client) {
        try {
            return !client.answer().endsWith(LARGE);
        } catch (IOException e) {
            return true;
        }
    }

    @Test
    void answersThatNobodyReadsTakeABoundedAmountOfMemory() throws IOException {
        serveInstead(limits(100, 3L * LARGE.length(), LONG, LONG));
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 6; i++) {
                RawClient client = new RawClient(address).get("/large");
                clients.add(client);
                int most = Math.min(i + 1, 3);
                await().until(() -> server.openConnections() >= most);
            }
            await().until(() -> server.openConnections() <= 4);
            assertThat(clients.getLast().answer()).endsWith(LARGE);
            assertThat(clients.subList(0, 5)).filteredOn(ConnectionTest::isCut).hasSizeGreaterThanOrEqualTo(2);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }
}
