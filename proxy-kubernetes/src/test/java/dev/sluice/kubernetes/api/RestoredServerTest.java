// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static dev.sluice.kubernetes.api.ScriptedCluster.bookmark;
import static dev.sluice.kubernetes.api.ScriptedCluster.event;
import static dev.sluice.kubernetes.api.ScriptedCluster.list;
import static dev.sluice.kubernetes.api.ScriptedCluster.quiet;
import static dev.sluice.kubernetes.api.ScriptedCluster.service;
import static dev.sluice.kubernetes.api.ScriptedCluster.soon;
import static dev.sluice.kubernetes.api.ScriptedCluster.start;
import static dev.sluice.kubernetes.api.ScriptedCluster.startAll;
import static dev.sluice.kubernetes.api.ScriptedCluster.status;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.kubernetes.api.reflector.ApiTiming;
import dev.sluice.testkit.api.ScriptedServer.Received;
import dev.sluice.testkit.api.ScriptedServer.Script;
import java.time.Duration;
import java.util.Arrays;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** An API server whose versions go back, after a restore of etcd say: what one reflector notices, all must know. */
@Tag("slow")
class RestoredServerTest {
    private static final long BEFORE = 1000;
    private static final long AFTER = 400;

    /** A delay that no test waits for. */
    private static final ApiTiming SLOW_RETRIES = new ApiTiming(
            Duration.ofSeconds(30),
            Duration.ofSeconds(30),
            Duration.ofSeconds(10),
            Duration.ofMinutes(5),
            Duration.ofMinutes(5),
            Duration.ofMillis(50),
            Duration.ofMinutes(5),
            Duration.ofMinutes(10),
            Duration.ofMinutes(10),
            Duration.ofMinutes(10),
            Duration.ofMinutes(1));

    private final CountDownLatch restored = new CountDownLatch(1);
    private final CountDownLatch endless = new CountDownLatch(1);

    @Test
    void aDeafWatchOfTheOldVersionIsFollowedByAList() throws Exception {
        try (ScriptedCluster cluster = startAll(restoredServer(endless, "nodes"), TestTiming.FAST)) {
            cluster.awaitServices("shop/old");
            soon().until(() -> !cluster.watches().isEmpty());
            restored.countDown();
            cluster.awaitServices("shop/new");
            soon().until(() -> cluster.lists("endpointslices").size() == 2);
            assertThat(cluster.said())
                    .anyMatch(
                            line -> line.contains(
                                    "services' versions mean nothing any more, since those of nodes went back; are listed anew"));
        }
    }

    @Test
    void aDelayAfterFailuresEnds() throws Exception {
        CountDownLatch cut = new CountDownLatch(1);
        try (ScriptedCluster cluster = startAll(restoredServer(cut, "nodes"), SLOW_RETRIES)) {
            cluster.awaitServices("shop/old");
            soon().until(() -> !cluster.watches().isEmpty());
            cut.countDown();
            soon().until(RestoredServerTest::arePausing);
            restored.countDown();
            cluster.awaitServices("shop/new");
        }
    }

    @Test
    void allThatNoticeAtOnceListOnceOrTwice() throws Exception {
        try (ScriptedCluster cluster =
                startAll(restoredServer(endless, "nodes", "services", "endpointslices"), TestTiming.FAST)) {
            cluster.awaitServices("shop/old");
            soon().until(() ->
                    cluster.server.received().stream().filter(Received::isWatch).count() == 3);
            restored.countDown();
            cluster.awaitServices("shop/new");
            // each watch was opened again two times, which takes as many silences
            soon().until(() -> cluster.watches().size() >= 4);
            for (String plural : Set.of("nodes", "services", "endpointslices")) {
                assertThat(cluster.lists(plural)).as(plural).hasSizeBetween(2, 3);
            }
        }
    }

    @Test
    void aListInALowerVersionAfterAnExpiredOneIsDeliveredWhole() throws Exception {
        try (ScriptedCluster cluster = start((request, reply) -> {
            if (!request.isWatch()) {
                reply.json(
                        restored.getCount() > 0
                                ? list(BEFORE, service("web", 5))
                                : list(AFTER, service("web", 5).replace("10.96.0.51", "10.96.0.99")));
            } else if (request.path().contains("resourceVersion=" + AFTER)) {
                reply.stream().fallSilent();
            } else {
                restored.await(60, TimeUnit.SECONDS);
                reply.stream().chunk(event("ERROR", status(410))).endOfChunks();
            }
        })) {
            cluster.awaitServices("shop/web");
            restored.countDown();
            soon().until(() -> cluster.recorder.services().toString().contains("10.96.0.99"));
            assertThat(cluster.said()).anyMatch(line -> line.contains("versions went back from 1000 to 400"));
        }
    }

    private static boolean arePausing() {
        return Thread.getAllStackTraces().entrySet().stream()
                .anyMatch(thread -> thread.getKey().getName().equals("api-services")
                        && Arrays.stream(thread.getValue())
                                .anyMatch(frame -> frame.getMethodName().equals("pause")));
    }

    /**
     * A server that is {@link #restored} at some time. Watches of {@code witnesses} get a bookmark of the new version
     * then. All others of an old version hear nothing, as those of kube-apiserver do, or end at {@code cut}.
     */
    private Script restoredServer(CountDownLatch cut, String... witnesses) {
        Script before = quiet(service("old", 5));
        return (request, reply) -> {
            boolean services = request.isFor("services");
            if (!request.isWatch()) {
                String name = restored.getCount() > 0 ? "old" : "new";
                long version = restored.getCount() > 0 ? BEFORE : AFTER;
                reply.json(services ? list(version, service(name, 5)) : list(version));
            } else if (!request.path().contains("resourceVersion=" + BEFORE)) {
                before.answer(request, reply);
            } else if (Set.of(witnesses).contains(request.path().replaceAll(".*/|\\?.*", ""))) {
                reply.stream();
                restored.await(60, TimeUnit.SECONDS);
                reply.chunk(bookmark(AFTER)).fallSilent();
            } else {
                reply.stream();
                cut.await(60, TimeUnit.SECONDS);
                reply.reset();
            }
        };
    }
}
