// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** Pages that workers make. */
class SlowPageTest {
    private static final String LONG_TEXT = "sluice_endpoints 1\n".repeat(1000);

    private final InetSocketAddress address;
    private final PageServer server;
    private final CountDownLatch hung = new CountDownLatch(1);
    private final AtomicInteger made = new AtomicInteger();

    SlowPageTest() throws IOException {
        address = FreeAddress.find();
        Duration minute = Duration.ofMinutes(1);
        HttpLimits limits =
                new HttpLimits(100, 1000, 1000, 1 << 20, minute, minute, minute, Duration.ofSeconds(2), minute, true);
        server = new PageServer("test", "the-flag", address, limits)
                .page("/livez", request -> Page.text(200, "alive"))
                .slowPage("/metrics", request -> Page.text(200, LONG_TEXT))
                .slowPage("/broken", request -> {
                    throw new IllegalStateException("on purpose");
                })
                .slowPage("/hangs", this::hang);
        assertThat(server.start()).isEmpty();
    }

    private Page hang(Request request) {
        made.incrementAndGet();
        try {
            hung.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return Page.text(200, "at last");
    }

    @AfterEach
    void stop() {
        hung.countDown();
        server.close();
    }

    @Test
    void aPageThatHangsBlocksNoOtherAndItsClientsAreTold() throws IOException {
        List<RawClient> clients = new ArrayList<>();
        try {
            for (int i = 0; i < 20; i++) {
                clients.add(new RawClient(address).get("/hangs"));
            }
            await().until(() -> server.openConnections() == 20);
            try (RawClient other = new RawClient(address)) {
                assertThat(other.get("/livez").answer()).endsWith("alive");
                assertThat(other.get("/metrics").answer()).endsWith(LONG_TEXT);
            }
            int refused = 0;
            for (RawClient client : clients) {
                String answer = client.answer();
                assertThat(answer).startsWith("HTTP/1.1 503 ").contains("\r\nRetry-After: 5\r\n");
                refused += answer.endsWith("too many requests wait for this page\n") ? 1 : 0;
            }
            assertThat(refused).as("one is made, eight wait").isEqualTo(11);
            hung.countDown();
            try (RawClient later = new RawClient(address)) {
                assertThat(later.get("/hangs").answer()).endsWith("at last");
            }
            assertThat(made).as("nobody waits for the others any more").hasValue(2);
        } finally {
            for (RawClient client : clients) {
                client.close();
            }
        }
    }

    @Test
    void aPageThatThrowsAnswers500AndIsLoggedOnce() throws IOException {
        ListAppender<ILoggingEvent> logged = new ListAppender<>();
        logged.start();
        Logger logger = (Logger) LoggerFactory.getLogger(Route.class);
        logger.addAppender(logged);
        try (RawClient client = new RawClient(address)) {
            for (int i = 0; i < 50; i++) {
                assertThat(client.get("/broken").answer()).startsWith("HTTP/1.1 500 Internal Server Error\r\n");
            }
            assertThat(logged.list).hasSize(1);
            assertThat(logged.list.getFirst().getFormattedMessage()).contains("/broken");
        } finally {
            logger.detachAppender(logged);
        }
    }

    @Test
    void compressesForThoseWhoAcceptIt() throws IOException {
        try (RawClient client = new RawClient(address)) {
            client.send("GET /metrics HTTP/1.1\r\nHost: h\r\nAccept-Encoding: gzip\r\n\r\n");
            String answer = client.answer();
            int body = answer.indexOf("\r\n\r\n") + 4;
            assertThat(answer.substring(0, body)).contains("\r\nContent-Encoding: gzip\r\n");
            byte[] compressed = answer.substring(body).getBytes(StandardCharsets.ISO_8859_1);
            assertThat(compressed.length).isLessThan(LONG_TEXT.length() / 10);
            assertThat(new GZIPInputStream(new ByteArrayInputStream(compressed)).readAllBytes())
                    .isEqualTo(LONG_TEXT.getBytes(StandardCharsets.US_ASCII));
            assertThat(client.get("/metrics").answer())
                    .doesNotContain("Content-Encoding")
                    .endsWith(LONG_TEXT);
        }
    }
}
