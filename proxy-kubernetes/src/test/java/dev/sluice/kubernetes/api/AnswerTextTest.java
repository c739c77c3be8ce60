// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIOException;

import dev.sluice.kubernetes.api.reflector.ApiTransport.Answer;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.api.ScriptedServer;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AnswerTextTest {
    private static final String TEXT = "an object ".repeat(50_000);

    private static byte[] compressed() throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream packed = new GZIPOutputStream(bytes)) {
            packed.write(TEXT.getBytes(UTF_8));
        }
        return bytes.toByteArray();
    }

    private static AnswerText answer(byte[] received, @Nullable String encoding) {
        return new AnswerText(new ByteArrayInputStream(received), encoding);
    }

    @Test
    void whatIsCompressedIsUnpackedAndCountedAsItIsRead() throws IOException {
        try (AnswerText answer = answer(compressed(), "GZIP ")) {
            assertThat(new String(answer.readAllBytes(), UTF_8)).isEqualTo(TEXT);
            assertThat(answer.count()).isEqualTo(TEXT.length());
        }
    }

    @Test
    void whatIsNotCompressedStaysAsItIs() throws IOException {
        try (AnswerText answer = answer(compressed(), null)) {
            assertThat(answer.readAllBytes()).isEqualTo(compressed());
        }
    }

    @Test
    void anAnswerThatBreaksOffIsNotTakenForItsEnd() throws IOException {
        byte[] half = Arrays.copyOf(compressed(), compressed().length / 2);
        try (AnswerText answer = answer(half, "gzip")) {
            assertThatIOException().isThrownBy(answer::readAllBytes);
        }
    }

    @Test
    void aLongListIsReadFromAServerThatCompresses() throws Exception {
        String service = "{\"metadata\": {\"namespace\": \"a\", \"name\": \"NAME\", \"resourceVersion\": \"VERSION\"}}";
        AtomicLong size = new AtomicLong();
        ApiObserver observer = new ApiObserver() {
            @Override
            public void received(String method, String host, long bytes) {
                size.addAndGet(bytes);
            }
        };
        try (FakeApi api = new FakeApi(0, 1)) {
            for (int i = 0; i < 3000; i++) {
                api.put("services", "a/s" + i, service.replace("NAME", "s" + i));
            }
            try (ApiConnection connection =
                    ApiConnection.open(new ApiOptions(null, api.url(), "sluice/test"), observer)) {
                Duration patience = Duration.ofSeconds(20);
                try (Answer answer = connection.requests().get("list", "/api/v1/services", patience, silence -> {})) {
                    assertThat(new String(answer.body().readAllBytes(), UTF_8)).contains("\"s2999\"");
                }
            }
            assertThat(size.get()).isGreaterThan(3000L * service.length() / 2);
        }
    }

    @Test
    void listsMayBeCompressedAndWatchesMayNot() throws Exception {
        try (ScriptedServer server = new ScriptedServer((request, reply) -> reply.json("{}"));
                ApiConnection connection = ApiConnection.open(new ApiOptions(null, server.url(), "sluice/test"))) {
            Duration patience = Duration.ofSeconds(20);
            for (String verb : List.of("list", "watch")) {
                connection
                        .requests()
                        .get(verb, "/" + verb, patience, silence -> {})
                        .close();
            }
            assertThat(encodings(server, "/list")).containsExactly("gzip");
            assertThat(encodings(server, "/watch")).containsExactly("");
        }
    }

    private static List<String> encodings(ScriptedServer server, String path) {
        return server.received().stream()
                .filter(request -> request.path().equals(path))
                .map(request -> request.headers().getOrDefault("accept-encoding", ""))
                .toList();
    }
}
