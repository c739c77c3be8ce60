// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

class PageServerTest {
    private final HttpClient client = HttpClient.newHttpClient();

    @Test
    void answersItsPagesAndNothingElse() throws Exception {
        InetSocketAddress address = FreeAddress.find();
        try (PageServer pages = pages(address)) {
            assertThat(pages.start()).isEmpty();
            HttpResponse<String> page = get(address, "/page");
            assertThat(page.statusCode()).isEqualTo(503);
            assertThat(page.body()).isEqualTo("{}");
            assertThat(page.headers().firstValue("Content-Type")).contains("application/json");
            assertThat(page.headers().firstValue("X-Content-Type-Options")).contains("nosniff");
            assertThat(get(address, "/page/below").statusCode()).isEqualTo(404);
            assertThat(get(address, "/broken").statusCode()).isEqualTo(500);
            assertThat(get(address, "/page").statusCode())
                    .as("a broken page ends no other")
                    .isEqualTo(503);
        }
    }

    @Test
    @Tag("slow")
    void anAddressInUseIsToldWithTheFlagAndTakenOnceFree() throws Exception {
        ServerSocket holder = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        InetSocketAddress address = new InetSocketAddress(InetAddress.getLoopbackAddress(), holder.getLocalPort());
        try (PageServer pages = pages(address)) {
            assertThat(pages.start())
                    .hasValueSatisfying(
                            reason -> assertThat(reason).contains("127.0.0.1:" + address.getPort(), "--the-flag"));
            holder.close();
            await().atMost(Duration.ofSeconds(30))
                    .ignoreExceptions()
                    .until(() -> get(address, "/page").statusCode() == 503);
        }
    }

    private static PageServer pages(InetSocketAddress address) {
        return new PageServer("test", "the-flag", address)
                .page("/page", request -> Page.json(503, "{}"))
                .page("/broken", request -> {
                    throw new IllegalStateException("on purpose");
                });
    }

    private HttpResponse<String> get(InetSocketAddress address, String path) throws Exception {
        URI uri = URI.create("http://127.0.0.1:" + address.getPort() + path);
        return client.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }
}
