// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.RecordingListener;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;

/** The watch of ServiceCIDRs, which the proxy can do without. */
class ServiceCidrWatchTest {
    private final RecordingListener recorder = new RecordingListener();
    private final List<String> said = new CopyOnWriteArrayList<>();
    private final FakeApi server;
    private final ApiConnection connection;
    private final ApiServerSource source;

    ServiceCidrWatchTest() throws IOException, ApiConfigException {
        server = new FakeApi(0, 1);
        ApiObserver observer = new ApiObserver() {
            @Override
            public void begun(ResourceKind kind) {
                said.add("begun " + kind.plural());
            }

            @Override
            public void refused(ResourceKind kind, String verb, int status, String cause) {
                said.add("refused " + kind.plural());
            }
        };
        connection = ApiConnection.open(new ApiOptions(null, server.url(), "sluice/test"), observer);
        source = new ApiServerSource(connection, "node-a", false, true);
    }

    @AfterEach
    void close() {
        source.close();
        connection.close();
        server.close();
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30));
    }

    private static String ranges(String cidrs) {
        return """
                {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                 "metadata": {"name": "kubernetes", "resourceVersion": "VERSION"}, "spec": {"cidrs": [%s]}}
                """.formatted(cidrs);
    }

    @Test
    void rangesAreFollowed() {
        server.put("servicecidrs", "kubernetes", ranges("\"10.96.0.0/12\""));
        source.start(recorder);
        soon().until(() -> recorder.log().contains("ranges kubernetes [10.96.0.0/12]"));
        server.put("servicecidrs", "kubernetes", ranges("\"10.96.0.0/12\", \"fd00:96::/112\""));
        soon().until(() -> recorder.log().contains("ranges kubernetes [10.96.0.0/12, fd00:96::/112]"));
        server.remove("servicecidrs", "kubernetes");
        soon().until(() -> recorder.log().contains("ranges kubernetes []"));
    }

    /** Neither health nor traffic waits for them, and one line of the log says so. */
    @ParameterizedTest
    @ValueSource(ints = {403, 404})
    void aServerWithoutThemIsNoTrouble(int status) {
        ListAppender<ILoggingEvent> log = new ListAppender<>();
        log.start();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice.kubernetes.api");
        logger.addAppender(log);
        try {
            server.refuseReads("servicecidrs", status);
            source.start(recorder);
            soon().until(recorder::isSynced);
            soon().until(() -> List.copyOf(log.list).stream()
                    .anyMatch(line -> line.getFormattedMessage().startsWith("Going on without servicecidrs: ")));
        } finally {
            logger.detachAppender(log);
        }
        assertThat(log.list)
                .filteredOn(line -> line.getFormattedMessage().contains("servicecidrs"))
                .hasSize(1);
        assertThat(said).contains("begun services").noneMatch(text -> text.endsWith("servicecidrs"));
    }
}
