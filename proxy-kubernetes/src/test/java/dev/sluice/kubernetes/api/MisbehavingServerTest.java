// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static dev.sluice.kubernetes.api.ScriptedCluster.between;
import static dev.sluice.kubernetes.api.ScriptedCluster.bookmark;
import static dev.sluice.kubernetes.api.ScriptedCluster.event;
import static dev.sluice.kubernetes.api.ScriptedCluster.list;
import static dev.sluice.kubernetes.api.ScriptedCluster.onlyAt20;
import static dev.sluice.kubernetes.api.ScriptedCluster.quiet;
import static dev.sluice.kubernetes.api.ScriptedCluster.service;
import static dev.sluice.kubernetes.api.ScriptedCluster.soon;
import static dev.sluice.kubernetes.api.ScriptedCluster.start;
import static dev.sluice.kubernetes.api.ScriptedCluster.status;
import static dev.sluice.kubernetes.api.ScriptedCluster.watched;
import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Answers that come late, are refusals, or are not those of an API server. */
@Tag("slow")
class MisbehavingServerTest {

    @Test
    void aSlowServerIsWaitedFor() throws Exception {
        try (ScriptedCluster cluster = start((request, reply) -> {
            Thread.sleep(600); // as 12 s of a daemon's 60
            quiet(service("web", 5)).answer(request, reply);
        })) {
            cluster.awaitServices("shop/web");
            soon().until(() -> !cluster.watches().isEmpty());
            assertThat(cluster.said()).isEmpty();
        }
    }

    @Test
    void aServerThatDoesNotAnswerInTimeIsReportedAndAskedAgain() throws Exception {
        try (ScriptedCluster cluster = start((request, reply) -> reply.fallSilent())) {
            soon().until(() -> cluster.said().stream().anyMatch(line -> line.contains("it does not answer in time")));
            cluster.follow(quiet(service("web", 5)));
            cluster.awaitServices("shop/web");
            assertThat(cluster.said()).anyMatch(line -> line.matches(".* answers again, after \\d+ s\\."));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 403, 500, 503})
    void aRefusalIsLoggedOnceWithVerbAndResourceAndRepeatedLessAndLess(int code) throws Exception {
        try (ScriptedCluster cluster =
                start((request, reply) -> reply.json(code, "", status(code)), TestTiming.FAST_AND_STEADY)) {
            // 40, 80, 160, 320 and 400 ms, each at most doubled
            soon().until(() -> cluster.lists().size() >= 6);
            assertThat(between(cluster.lists().getFirst(), cluster.lists().get(5)))
                    .isGreaterThan(Duration.ofSeconds(1));
            assertThat(cluster.said())
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .contains(" refuses list of services with HTTP " + code + ": ")
                            .doesNotContain("{"));
            cluster.follow(quiet(service("web", 5)));
            cluster.awaitServices("shop/web");
            soon().until(() -> cluster.said().getLast().endsWith(" serves list of services again."));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"Retry-After: 1", "Retry-After: 4000000"})
    void retryAfterIsHonouredWithinALimit(String header) throws Exception {
        AtomicInteger refused = new AtomicInteger();
        try (ScriptedCluster cluster = start((request, reply) -> {
            if (refused.getAndIncrement() == 0) {
                reply.json(429, header + "\r\n", status(429));
            } else {
                quiet(service("web", 5)).answer(request, reply);
            }
        })) {
            cluster.awaitServices("shop/web");
            assertThat(between(cluster.requests().get(0), cluster.requests().get(1)))
                    .isGreaterThan(Duration.ofMillis(990));
        }
    }

    @Test
    void aVersionThatExpiresAgainAndAgainCausesNoStorm() throws Exception {
        try (ScriptedCluster cluster = start(
                watched(
                        (request, reply) -> reply.stream()
                                .chunk(event("ERROR", status(410)))
                                .endOfChunks(),
                        service("web", 5)),
                TestTiming.FAST_AND_STEADY)) {
            soon().until(() -> cluster.lists().size() >= 8);
            assertThat(between(cluster.lists().getFirst(), cluster.lists().get(7)))
                    .isGreaterThan(Duration.ofMillis(1700));
            assertThat(cluster.said())
                    .singleElement()
                    .satisfies(line -> assertThat(line)
                            .contains("ends watch of services again and again")
                            .contains("HTTP 410"));
            assertThat(cluster.lists().getFirst().path()).contains("resourceVersion=0");
            assertThat(cluster.lists().get(7).path()).doesNotContain("resourceVersion");
            assertThat(cluster.recorder.log()).containsOnlyOnce("service shop/web");
        }
    }

    @Test
    void aWatchThatEndsAtOnceCausesNoStorm() throws Exception {
        try (ScriptedCluster cluster = start(
                watched((request, reply) -> reply.stream().chunk(bookmark(10)).endOfChunks()),
                TestTiming.FAST_AND_STEADY)) {
            soon().until(() -> cluster.watches().size() >= 6);
            // 40, 80, 160, 320 and 400 ms at least
            assertThat(between(cluster.watches().getFirst(), cluster.watches().get(5)))
                    .isGreaterThan(Duration.ofMillis(900));
        }
    }

    @Test
    void anErrorOfTheWatchThatMayPassNeedsNoList() throws Exception {
        AtomicInteger watches = new AtomicInteger();
        try (ScriptedCluster cluster = start(watched(
                (request, reply) -> {
                    reply.stream();
                    if (watches.getAndIncrement() == 0) {
                        reply.chunk(event("ERROR", status(500))).endOfChunks();
                    } else {
                        reply.chunk(event("ADDED", service("new", 12))).fallSilent();
                    }
                },
                service("web", 5)))) {
            cluster.awaitServices("shop/web", "shop/new");
            assertThat(cluster.lists().stream().filter(r -> r.path().contains("limit=500")))
                    .hasSize(1);
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 13\r\n\r\n<html></html>",
                "HTTP/1.1 200 OK\r\nContent-Length: 13\r\n\r\n<html></html>",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
                "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 13\r\n\r\n{\"items\": []}",
                "HTTP/1.1 302 Found\r\nLocation: /login\r\nContent-Length: 0\r\n\r\n",
            })
    void anAnswerThatIsNotTheApisKeepsWhatIsHeld(String nonsense) throws Exception {
        try (ScriptedCluster cluster = start(watched(
                (request, reply) ->
                        reply.stream().chunk(event("ERROR", status(410))).endOfChunks(),
                service("web", 5)))) {
            cluster.awaitServices("shop/web");
            cluster.follow((request, reply) -> reply.raw(nonsense));
            soon().until(() -> cluster.said().stream()
                    .anyMatch(line -> line.contains("gave no usable answer to list of services")
                            || line.contains("refuses list of services")));
            assertThat(cluster.recorder.services()).containsOnlyKeys("shop/web");

            cluster.follow(onlyAt20(service("new", 12)));
            cluster.awaitServices("shop/new");
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {60, 150, 200})
    void aCutListKeepsWhatIsHeld(int size) throws Exception {
        String whole = list(12, service("new", 12), service("other", 12));
        AtomicInteger cuts = new AtomicInteger();
        try (ScriptedCluster cluster = start(watched(
                (request, reply) ->
                        reply.stream().chunk(event("ERROR", status(410))).endOfChunks(),
                service("web", 5)))) {
            cluster.awaitServices("shop/web");
            cluster.follow((request, reply) -> {
                switch (cuts.getAndIncrement() % 3) {
                    case 0 -> reply.json(whole.substring(0, size));
                    case 1 -> reply.stream().chunk(whole.substring(0, size)).reset();
                    default ->
                        reply.raw("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 900\r\n\r\n")
                                .raw(whole.substring(0, size))
                                .reset();
                }
            });
            soon().until(() -> cuts.get() >= 6);
            assertThat(cluster.recorder.services()).containsOnlyKeys("shop/web");

            cluster.follow(onlyAt20(service("new", 12), service("other", 12)));
            cluster.awaitServices("shop/new", "shop/other");
        }
    }
}
