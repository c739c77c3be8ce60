// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.core.thread.SupervisedThread;
import dev.sluice.core.thread.ThreadActivity;
import dev.sluice.kubernetes.RecordingListener;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

/** The source and the Events against a server that misbehaves. */
class TroubleTest {
    private final RecordingListener recorder = new RecordingListener();
    private final ListAppender<ILoggingEvent> said = new ListAppender<>();
    private final Logger log = (Logger) LoggerFactory.getLogger(ConnectionLog.class);
    private FakeApi api;
    private ApiConnection connection;
    private ApiServerSource source;

    TroubleTest() throws IOException, ApiConfigException {
        api = new FakeApi(0, 1);
        connection = ApiConnection.open(
                new ApiOptions(null, api.url(), "sluice/test"), new ApiObserver() {}, TestTiming.FAST);
        source = new ApiServerSource(connection, "node-a");
    }

    @BeforeEach
    void listen() {
        said.start();
        log.setLevel(Level.INFO);
        log.addAppender(said);
        api.put("services", "web", service("web", "80"));
        api.put("services", "old", service("old", "80"));
    }

    @AfterEach
    void close() {
        source.close();
        connection.close();
        api.close();
        log.detachAppender(said);
    }

    @Test
    void theSelectorsAreThoseOfKubeProxy() {
        start();

        assertThat(api.requests())
                .anyMatch(request -> request.startsWith("/api/v1/services?")
                        && request.contains("labelSelector=%21service.kubernetes.io%2Fservice-proxy-name")
                        && request.contains("fieldSelector=spec.clusterIP%21%3DNone"))
                .anyMatch(request -> request.startsWith("/apis/discovery.k8s.io/v1/endpointslices?")
                        && request.contains("labelSelector=%21service.kubernetes.io%2Fheadless"))
                .anyMatch(request -> request.startsWith("/api/v1/nodes?")
                        && request.contains("fieldSelector=metadata.name%3Dnode-a"));
    }

    @Test
    void aMalformedObjectInTheListOrTheWatchIsAProblemOfItsOwn() {
        api.put("services", "listed", service("listed", "\"eighty\""));
        api.put("services", "nameless", "{\"metadata\": 7, \"spec\": []}");
        start();
        assertThat(recorder.services()).containsOnlyKeys("shop/web", "shop/old");
        api.put("services", "watched", service("watched", "\"eighty\""));
        api.put("services", "web", service("web", "[]"));
        api.put("services", "api", service("api", "80"));

        soon().until(() -> recorder.services().containsKey("shop/api"));
        assertThat(recorder.services()).containsOnlyKeys("shop/api", "shop/web", "shop/old");
        soon().until(() -> recorder.problems().size() == 5);
        assertThat(recorder.problems())
                .extracting(problem -> problem.object() + " " + problem.field())
                .containsExactly(
                        "Service  metadata",
                        "Service  spec",
                        "Service shop/listed spec.ports[0].port",
                        "Service shop/watched spec.ports[0].port",
                        "Service shop/web spec.ports[0].port");
        assertThat(recorder.problems().getLast().message())
                .isEqualTo("expected a whole number, got a list; the last good version of this object stays in force");

        api.put("services", "web", service("web", "81"));
        api.put("services", "listed", service("listed", "80"));
        api.remove("services", "watched");
        api.remove("services", "nameless");
        soon().until(() -> recorder.problems().isEmpty());
        assertThat(recorder.services()).containsOnlyKeys("shop/api", "shop/web", "shop/old", "shop/listed");
    }

    @Test
    void aRefusalHasFieldsToFilterBy() {
        api.refuseReads("services", 403);
        source.start(recorder);
        soon().untilAsserted(() -> assertThat(List.copyOf(said.list))
                .filteredOn(event -> event.getFormattedMessage().contains("refuses list of services with HTTP 403"))
                .first()
                .satisfies(event -> assertThat(event.getKeyValuePairs())
                        .extracting(pair -> pair.key + "=" + pair.value)
                        .containsExactly(
                                "server=" + api.url(),
                                "verb=list",
                                "resource=services",
                                "cause=refused by the test",
                                "status=403")));
    }

    @Test
    void anEventThatIsNoJsonDoesNotEndTheWatch() {
        start();
        soon().until(() -> api.isWatched("services"));
        api.emitRaw("services", "{\"type\": \"MODIFIED\", \"object\": {\"kind\": ");
        api.emitRaw("services", "{\"type\": \"ADDED\", \"object\": {\"kind\": \"Surprise\", \"apiVersion\": \"v9\"}}");
        api.cut();
        api.put("services", "new", service("new", "80"));

        soon().until(() -> recorder.services().containsKey("shop/new"));
    }

    @Test
    void aRelistReconcilesWhatWasMissed() {
        start();
        api.unseen(() -> {
            api.remove("services", "old");
            api.put("services", "web", service("web", "81"));
            api.put("services", "new", service("new", "80"));
        });
        api.cut();

        soon().untilAsserted(() -> assertThat(recorder.services()).containsOnlyKeys("shop/web", "shop/new"));
        assertThat(recorder.services().get("shop/web"))
                .satisfies(web -> assertThat(web.ports().getFirst().port()).isEqualTo(81));
        assertThat(recorder.log().stream().filter("synced SERVICE"::equals)).hasSize(1);
    }

    /** As a time-out of a socket would, which is an InterruptedIOException, too. */
    @Test
    void aReflectorThatEndsUnaskedBeginsAgain() {
        start();
        soon().until(() -> api.isWatched("services"));
        SupervisedThread.activities().stream()
                .map(ThreadActivity::thread)
                .filter(thread -> thread.getName().equals("api-services"))
                .forEach(Thread::interrupt);
        api.cut();
        api.put("services", "new", service("new", "80"));

        soon().until(() -> recorder.services().containsKey("shop/new"));
    }

    @Test
    @Tag("slow")
    void aServerThatGoesAndComesIsSaidOnceEach() throws IOException {
        start();
        int port = api.port();
        soon().until(() -> api.isWatched("services") && api.isWatched("endpointslices") && api.isWatched("nodes"));
        api.close();
        soon().until(() -> !messages().isEmpty());
        await().atMost(Duration.ofSeconds(60))
                .during(Duration.ofSeconds(2))
                .until(() -> messages().size() == 1);
        assertThat(messages().getFirst())
                .isEqualTo("The API server http://127.0.0.1:" + port
                        + " cannot be reached: connection refused. The rules in"
                        + " force stay; the proxy retries.");
        assertThat(recorder.services()).containsOnlyKeys("shop/web", "shop/old");

        api = new FakeApi(port, 1000);
        api.put("services", "new", service("new", "80"));
        soon().until(() -> recorder.services().containsKey("shop/new"));
        assertThat(recorder.services()).containsOnlyKeys("shop/new");
        soon().untilAsserted(() -> assertThat(messages())
                .anyMatch(said ->
                        said.matches("The API server http://127.0.0.1:" + port + " answers again, after \\d+ s\\.")));
    }

    @Test
    void aRefusalNamesTheRole() {
        api.refuse("services", 403);
        api.refuse("nodes", 401);
        source.start(recorder);

        soon().until(() -> messages().size() >= 2);
        assertThat(messages())
                .anyMatch(text ->
                        text.startsWith("The API server " + api.url() + " refuses list of services with HTTP 403: ")
                                && text.contains("system:node-proxier"))
                .anyMatch(text ->
                        text.startsWith("The API server " + api.url() + " refuses list of nodes with HTTP 401: "));
        api.refuse("services", 0);
        api.refuse("nodes", 0);
        soon().until(recorder::isSynced);
        soon().untilAsserted(() ->
                assertThat(messages()).contains("The API server " + api.url() + " serves list of services again."));
    }

    @Test
    void nothingIsDeliveredAfterClose() {
        start();
        source.close();
        api.put("services", "late", service("late", "80"));
        api.remove("services", "old");

        await().during(Duration.ofSeconds(1))
                .until(() -> recorder.services().keySet().equals(Set.of("shop/web", "shop/old")));
    }

    private List<String> messages() {
        return List.copyOf(said.list).stream()
                .map(ILoggingEvent::getFormattedMessage)
                .toList();
    }

    private void start() {
        source.start(recorder);
        soon().until(recorder::isSynced);
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(60)).pollInterval(Duration.ofMillis(20));
    }

    private static String service(String name, String port) {
        return """
                {"apiVersion": "v1", "kind": "Service",
                 "metadata": {"name": "%s", "namespace": "shop", "resourceVersion": "VERSION"},
                 "spec": {"type": "ClusterIP", "clusterIP": "10.96.0.51", "ports": [{"protocol": "TCP", "port": %s}]}}
                """.formatted(name, port);
    }
}
