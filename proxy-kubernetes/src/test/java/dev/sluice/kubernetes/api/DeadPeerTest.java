// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static dev.sluice.kubernetes.api.ScriptedCluster.between;
import static dev.sluice.kubernetes.api.ScriptedCluster.list;
import static dev.sluice.kubernetes.api.ScriptedCluster.onlyAt20;
import static dev.sluice.kubernetes.api.ScriptedCluster.service;
import static dev.sluice.kubernetes.api.ScriptedCluster.soon;
import static dev.sluice.kubernetes.api.ScriptedCluster.start;
import static dev.sluice.kubernetes.api.ScriptedCluster.watched;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testkit.api.ScriptedServer;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Peers that say nothing and do not close: the cable was cut, or a firewall drops the packets. */
@Tag("slow")
class DeadPeerTest {
    @Test
    void aSilentWatchOfItsOwnConnectionIsOpenedAnew() throws Exception {
        try (ScriptedCluster cluster =
                start(watched((request, reply) -> reply.stream().fallSilent(), service("web", 5)))) {
            soon().until(() -> cluster.watches().size() >= 3);
            assertThat(between(cluster.watches().get(0), cluster.watches().get(1)))
                    .isGreaterThan(Duration.ofMillis(590));
            assertThat(cluster.lists()).hasSize(1);
            assertThat(cluster.said()).isEmpty();
        }
    }

    @Test
    void aPeerThatVanishedIsNoticedAndItsReturnToo() throws Exception {
        AtomicBoolean vanished = new AtomicBoolean();
        try (ScriptedCluster cluster = start(watched(
                (request, reply) -> {
                    if (vanished.getAndSet(true)) {
                        reply.fallSilent();
                    }
                    reply.stream().fallSilent();
                },
                service("web", 5)))) {
            soon().until(() -> !cluster.said().isEmpty());
            assertThat(cluster.said().getFirst()).contains("cannot be reached: it does not answer in time");
            assertThat(cluster.recorder.services()).containsOnlyKeys("shop/web");

            cluster.follow(onlyAt20(service("new", 15)));
            cluster.awaitServices("shop/new");
            assertThat(cluster.said()).anyMatch(line -> line.matches(".* answers again, after \\d+ s\\."));
        }
    }

    @Test
    void silentWatchesOfASharedConnectionAreProbedTogether() throws Exception {
        try (ScriptedServer server = new ScriptedServer(new Vanishing());
                ApiConnection connection = open(server)) {
            ApiServerSource source = new ApiServerSource(connection, "node-a");
            source.start(event -> {});
            soon().until(() -> watches(server) >= 3);
            soon().until(() -> watches(server) >= 4);
            ScriptedServer.Received again = server.received().stream()
                    .filter(ScriptedServer.Received::isWatch)
                    .skip(3)
                    .findFirst()
                    .orElseThrow();
            assertThat(server.received().stream().filter(r -> r.path().equals("/version") && r.nanos() < again.nanos()))
                    .as("the first request, and a probe for each silence, not for each watch")
                    .hasSizeBetween(3, 5);
            assertThat(again.nanos() - server.received().getFirst().nanos())
                    .as("without a bookmark a watch is opened anew at last")
                    .isGreaterThan(Duration.ofMillis(1800).toNanos());
            assertThat(connection.client().isGivenUp()).isFalse();
            source.close();
        }
    }

    @Test
    void aProbeWithoutAnswerGivesTheConnectionsUp() throws Exception {
        Vanishing script = new Vanishing();
        try (ScriptedServer server = new ScriptedServer(script);
                ApiConnection connection = open(server)) {
            ApiClient first = connection.client();
            ApiServerSource source = new ApiServerSource(connection, "node-a");
            source.start(event -> {});
            soon().until(() -> watches(server) >= 3);
            script.vanished = true;
            soon().until(first::isGivenUp);
            assertThat(connection.client()).isNotSameAs(first);
            script.vanished = false;
            int before = watches(server);
            soon().until(() -> watches(server) >= before + 3);
            source.close();
        }
    }

    private static ApiConnection open(ScriptedServer server) throws ApiConfigException {
        return ApiConnection.open(
                new ApiOptions(null, server.url(), "sluice/test"), new ApiObserver() {}, TestTiming.FAST);
    }

    private static int watches(ScriptedServer server) {
        return (int) server.received().stream()
                .filter(ScriptedServer.Received::isWatch)
                .count();
    }

    /** Empty lists, and watches as over HTTP/2; says nothing more while it has vanished. */
    private static final class Vanishing implements ScriptedServer.Script {
        private volatile boolean vanished;

        @Override
        public void answer(ScriptedServer.Received request, ScriptedServer.Reply reply)
                throws IOException, InterruptedException {
            if (vanished) {
                reply.fallSilent();
            } else if (request.isWatch()) {
                reply.streamUntilClose().fallSilent();
            } else {
                reply.json(list(10));
            }
        }
    }
}
