// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ServiceName;
import dev.sluice.kubernetes.EventSink;
import dev.sluice.kubernetes.EventSink.Scope;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ApiEventSinkTest {
    private static final ServiceName WEB = new ServiceName("shop", "web");
    private static final Pattern NAME = Pattern.compile("\"name\":\"(web\\.[0-9a-f]{16})\"");

    private final FakeApi api;
    private final ApiConnection connection;
    private volatile Instant now = Instant.parse("2026-01-02T03:04:05Z");

    ApiEventSinkTest() throws IOException, ApiConfigException {
        api = new FakeApi(0, 1);
        connection = ApiConnection.open(new ApiOptions(null, api.url(), "sluice/test"));
    }

    @AfterEach
    void close() {
        connection.close();
        api.close();
    }

    @Test
    void anEventIsSentOnceAndThenCounted() {
        api.put("services", "web", """
            {"metadata": {"name": "web", "namespace": "shop", "uid": "0b1c"}}\
            """);
        try (EventSink events = sink("node-a")) {
            for (int i = 0; i < 5; i++) {
                events.service(
                        WEB,
                        EventSink.Type.WARNING,
                        "FailedToStartServiceHealthcheck",
                        "Listen",
                        "\"32000\" is in use");
            }
            events.node(EventSink.Type.NORMAL, "Starting", "StartKubeProxy", "");
            // they are sent one after the other: when the last one has arrived, the repeats of the first are counted
            soon().until(() -> api.posts().size() == 2);
            assertThat(api.posts().getFirst())
                    .contains("\"type\":\"Warning\"", "\"note\":\"\\\"32000\\\" is in use\"", "\"uid\":\"0b1c\"");
            assertThat(api.posts().getLast())
                    .contains("\"reportingController\":\"kube-proxy\"", "\"reason\":\"Starting\"", "\"kind\":\"Node\"")
                    .contains("\"eventTime\":\"2026-01-02T03:04:05.000000Z\"", "\"uid\":\"node-a\"");
            assertThat(api.requests())
                    .containsSubsequence(
                            "/apis/events.k8s.io/v1/namespaces/shop/events",
                            "/apis/events.k8s.io/v1/namespaces/default/events");

            now = now.plus(Duration.ofMinutes(6));
            events.service(
                    WEB, EventSink.Type.WARNING, "FailedToStartServiceHealthcheck", "Listen", "\"32000\" is in use");
            soon().until(() -> api.patches().size() == 1);
        }
        assertThat(api.posts()).hasSize(2);
        assertThat(api.patches().getFirst())
                .startsWith("application/merge-patch+json ")
                .contains("\"count\":6", "\"lastObservedTime\":\"2026-01-02T03:10:05.000000Z\"");
    }

    @Test
    void whatEveryNodeFindsIsOneEvent() {
        try (EventSink one = sink("node-a");
                EventSink other = sink("node-b")) {
            one.send(problem("bad address", Scope.EVERY_NODE));
            other.send(problem("bad address", Scope.EVERY_NODE));
            one.send(problem("port busy", Scope.THIS_NODE));
            other.send(problem("port busy", Scope.THIS_NODE));
            soon().until(() -> api.posts().size() == 4);
        }
        assertThat(api.posts().stream()
                        .filter(post -> post.contains("bad address"))
                        .map(ApiEventSinkTest::name))
                .hasSize(2)
                .containsOnly(name(api.posts().stream()
                        .filter(post -> post.contains("bad address"))
                        .findFirst()
                        .orElseThrow()));
        assertThat(api.posts().stream()
                        .filter(post -> post.contains("port busy"))
                        .map(ApiEventSinkTest::name))
                .doesNotHaveDuplicates();
    }

    @Test
    void anEventOfThisNodeFromBeforeARestartIsCounted() {
        api.refuse("events", 409);
        try (EventSink events = sink("node-a")) {
            events.send(problem("bad address", Scope.EVERY_NODE));
            events.service(WEB, EventSink.Type.WARNING, "Busy", "Listen", "32000 is in use");
            soon().until(() -> api.patches().size() == 1);
        }
        assertThat(api.patches().getFirst()).contains("\"count\":2");
    }

    @Test
    void aServerThatRefusesIsNoProblem() {
        api.refuse("events", 500);
        try (EventSink events = sink("node-a")) {
            events.node(EventSink.Type.NORMAL, "Starting", "StartKubeProxy", "");
        }
        api.refuse("events", 403);
        try (EventSink events = sink("node-a")) {
            events.node(EventSink.Type.NORMAL, "Starting", "StartKubeProxy", "");
            events.node(EventSink.Type.NORMAL, "Starting", "StartKubeProxy", "again");
        }
        assertThat(api.posts()).isEmpty();
    }

    @Test
    void aFloodIsPacedAndNeverWaits() {
        try (EventSink events =
                new ApiEventSink(connection, "node-a", () -> now, new EventRateLimit(3, Duration.ofHours(1)))) {
            for (int i = 0; i < 1000; i++) {
                events.send(problem("problem " + i, Scope.EVERY_NODE));
            }
            soon().until(() -> api.posts().size() == 3);
        }
        assertThat(api.posts()).hasSize(3);
    }

    @Test
    void textsKeepTheServersBounds() {
        assertThat(EventText.cut("short", 10)).isEqualTo("short");
        assertThat(EventText.cut("ä".repeat(1000), 1024)).hasSize(513).endsWith("ä...");
        assertThat(EventText.name("web", "1f")).isEqualTo("web.1f");
        assertThat(EventText.name("a".repeat(249) + ".b", "1f")).isEqualTo("a".repeat(249) + ".1f");
    }

    private static EventSink.Event problem(String note, Scope scope) {
        return new EventSink.Event(
                ObjectRef.service(WEB), EventSink.Type.WARNING, "NotProgrammed", "SyncProxyRules", note, scope);
    }

    private static String name(String post) {
        Matcher matcher = NAME.matcher(post);
        assertThat(matcher.find()).as(post).isTrue();
        return matcher.group(1);
    }

    private EventSink sink(String node) {
        return new ApiEventSink(connection, node, () -> now, new EventRateLimit(25, Duration.ofSeconds(5)));
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }
}
