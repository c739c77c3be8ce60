// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static dev.sluice.kubernetes.api.ScriptedCluster.bookmark;
import static dev.sluice.kubernetes.api.ScriptedCluster.event;
import static dev.sluice.kubernetes.api.ScriptedCluster.list;
import static dev.sluice.kubernetes.api.ScriptedCluster.page;
import static dev.sluice.kubernetes.api.ScriptedCluster.service;
import static dev.sluice.kubernetes.api.ScriptedCluster.services;
import static dev.sluice.kubernetes.api.ScriptedCluster.soon;
import static dev.sluice.kubernetes.api.ScriptedCluster.start;
import static dev.sluice.kubernetes.api.ScriptedCluster.status;
import static dev.sluice.kubernetes.api.ScriptedCluster.watched;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Lists in one piece and in many, watches byte by byte, and versions that go back. */
class StreamTest {
    private static final int HUGE = 10_000;

    @Test
    void aHugeListComesInOnePieceOrInPages() throws Exception {
        AtomicInteger expired = new AtomicInteger();
        try (ScriptedCluster cluster = start(watched(
                (request, reply) ->
                        reply.stream().chunk(event("ERROR", status(410))).endOfChunks(),
                services(0, HUGE)))) {
            soon().until(() -> cluster.recorder.services().size() == HUGE);

            cluster.follow((request, reply) -> {
                if (request.isWatch() && request.path().contains("resourceVersion=10")) {
                    reply.stream().chunk(event("ERROR", status(410))).endOfChunks();
                } else if (request.isWatch()) {
                    expired.incrementAndGet();
                    reply.stream().fallSilent();
                } else if (request.path().contains("limit=500")) {
                    int from = request.path().contains("continue=")
                            ? Integer.parseInt(request.path().replaceFirst(".*continue=(\\d+).*", "$1"))
                            : 1;
                    String token = from + 500 < HUGE ? String.valueOf(from + 500) : "";
                    reply.json(page(20, token, services(from, Math.min(HUGE, from + 500))));
                }
            });
            // the first one is missing
            soon().until(() -> cluster.recorder.services().size() == HUGE - 1);
            soon().until(() -> expired.get() > 0);
            assertThat(cluster.watches().getLast().path()).contains("resourceVersion=20");
            assertThat(cluster.recorder.log()).contains("service gone shop/web0");
            assertThat(cluster.recorder.log().stream().filter("service shop/web7777"::equals))
                    .as("what has not changed is not delivered again")
                    .hasSize(1);
        }
    }

    @Test
    void aListThatExpiresBetweenItsPagesIsReadInOnePiece() throws Exception {
        try (ScriptedCluster cluster = start((request, reply) -> {
            if (request.isWatch()) {
                reply.stream().fallSilent();
            } else if (request.path().contains("continue=")) {
                reply.json(410, "", status(410));
            } else if (request.path().contains("limit=500")) {
                reply.json(page(10, "more", service("vanished", 5)));
            } else {
                reply.json(list(11, service("one", 5), service("two", 5)));
            }
        })) {
            cluster.awaitServices("shop/one", "shop/two");
            assertThat(cluster.recorder.log()).doesNotContain("service shop/vanished");
            assertThat(cluster.said()).isEmpty();
        }
    }

    @Test
    void anObjectMayComeInManyPiecesAndManyObjectsInOne() throws Exception {
        String many = event("ADDED", service("one", 11)) + event("ADDED", service("two", 12)) + bookmark(13);
        String slow = event("MODIFIED", service("three", 14)) + event("DELETED", service("one", 15));
        try (ScriptedCluster cluster = start(watched((request, reply) -> {
            if (!request.path().contains("resourceVersion=10")) {
                reply.stream().fallSilent();
            }
            reply.stream().chunk(many);
            for (int i = 0; i < slow.length(); i++) {
                reply.chunk(slow.substring(i, i + 1));
            }
            reply.fallSilent();
        }))) {
            cluster.awaitServices("shop/two", "shop/three");
            soon().until(() -> cluster.watches().size() == 2);
            assertThat(cluster.watches().get(1).path())
                    .as("a silent watch is opened anew from its last version")
                    .contains("resourceVersion=15");
            assertThat(cluster.said()).isEmpty();
        }
    }

    @Test
    void anUnknownEventIsLeftOut() throws Exception {
        try (ScriptedCluster cluster = start(watched((request, reply) -> reply.stream()
                .chunk(event("SURPRISE", service("odd", 90)) + event("ADDED", service("new", 11)))
                .fallSilent()))) {
            cluster.awaitServices("shop/new");
            assertThat(cluster.lists()).hasSize(1);
        }
    }

    @Test
    void aResetInTheMiddleOfAnObjectLosesNothing() throws Exception {
        String whole = event("ADDED", service("new", 12));
        AtomicInteger resets = new AtomicInteger();
        CountDownLatch firstArrived = new CountDownLatch(1);
        try (ScriptedCluster cluster = start((request, reply) -> {
            if (!request.isWatch()) {
                reply.json(list(resets.get() > 0 ? 12 : 10));
                return;
            }
            reply.stream().chunk(event("ADDED", service("first", 11)));
            if (resets.getAndIncrement() == 0) {
                firstArrived.await(); // a reset may discard what was sent before it
                reply.chunk(whole.substring(0, 40)).reset();
            } else {
                reply.chunk(whole).fallSilent();
            }
        })) {
            cluster.awaitServices("shop/first");
            firstArrived.countDown();
            cluster.awaitServices("shop/first", "shop/new");
            assertThat(cluster.watches().get(1).path()).contains("resourceVersion=11");
            assertThat(cluster.said()).isEmpty();
        }
    }

    @Test
    void aBookmarkOrAnObjectThatGoesBackLeadsToAFreshList() throws Exception {
        for (String back : new String[] {bookmark(7), event("MODIFIED", service("web", 7))}) {
            AtomicInteger lists = new AtomicInteger();
            try (ScriptedCluster cluster = start((request, reply) -> {
                if (!request.isWatch()) {
                    boolean first = lists.getAndIncrement() == 0;
                    reply.json(first ? list(10, service("web", 5), service("old", 5)) : list(7, service("web", 5)));
                } else if (request.path().contains("resourceVersion=10")) {
                    reply.stream().chunk(back).fallSilent();
                } else {
                    reply.stream().fallSilent();
                }
            })) {
                soon().until(() -> lists.get() == 2);
                cluster.awaitServices("shop/web");
                assertThat(cluster.lists().get(1).path()).doesNotContain("resourceVersion");
                assertThat(cluster.said().getFirst()).contains("versions went back from 10 to 7");
                assertThat(cluster.recorder.log().stream().filter("service shop/web"::equals))
                        .as("versions mean nothing any more, so everything is delivered")
                        .hasSize(2);
            }
        }
    }

    @Test
    void afterABrokenConnectionAServerThatWentBackIsNoticed() throws Exception {
        try (ScriptedCluster cluster = start((request, reply) -> {
            if (!request.isWatch()) {
                boolean first = request.path().contains("resourceVersion=0");
                reply.json(first ? list(1000, service("web", 5), service("lost", 900)) : list(400, service("web", 5)));
            } else if (request.path().contains("resourceVersion=1000")) {
                reply.stream().reset();
            } else {
                reply.stream().fallSilent();
            }
        })) {
            cluster.awaitServices("shop/web");
            soon().until(() -> cluster.watches().getLast().path().contains("resourceVersion=400"));
            assertThat(cluster.lists().get(1).path()).contains("limit=1");
            assertThat(cluster.said().getFirst()).contains("versions went back from 1000 to 400");
        }
    }
}
