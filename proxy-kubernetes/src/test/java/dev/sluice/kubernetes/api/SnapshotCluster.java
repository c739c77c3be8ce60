// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Problem;
import dev.sluice.kubernetes.RecordingListener;
import dev.sluice.kubernetes.snapshot.SnapshotObserver;
import dev.sluice.kubernetes.snapshot.SnapshotOwner;
import dev.sluice.kubernetes.snapshot.SnapshotSource;
import dev.sluice.kubernetes.snapshot.SnapshotTiming;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.awaitility.core.ConditionFactory;

/** A server with a few objects, and sources that keep a snapshot of them in one state directory. */
final class SnapshotCluster implements AutoCloseable {
    static final SnapshotTiming TIMING = new SnapshotTiming(
            Duration.ofMillis(300), Duration.ofMillis(20), Duration.ofMillis(50), Duration.ofSeconds(20));
    static final SnapshotTiming ONE_WRITE = new SnapshotTiming(
            Duration.ofMillis(300), Duration.ofMillis(20), Duration.ofDays(1), Duration.ofSeconds(20));

    private final List<Running> running = new ArrayList<>();
    private final Path folder;
    private final int port;
    private FakeApi server;

    SnapshotCluster(Path folder) throws IOException {
        this.folder = folder;
        server = new FakeApi(0, 1, api -> {
            api.put("nodes", "node-a", node());
            api.put("services", "shop/web", service("web", "10.96.0.50"));
            api.put("services", "shop/same", service("same", "10.96.0.51"));
            api.put("services", "shop/old", service("old", "10.96.0.52"));
            api.put("endpointslices", "shop/web-1", slice("10.0.0.1"));
        });
        port = server.port();
    }

    FakeApi server() {
        return server;
    }

    /** Another server at the address of the one before. */
    void replaceServer(Consumer<FakeApi> content) throws IOException {
        server = new FakeApi(port, 1000, content);
    }

    Path state() {
        return folder.resolve("state");
    }

    Path file() {
        return state().resolve("snapshot.jsonl");
    }

    Running start(String node, SnapshotTiming timing) throws ApiConfigException {
        Running started = new Running(node, timing);
        running.add(started);
        return started;
    }

    /** A source that has stored everything and is closed. */
    Running stopped() throws ApiConfigException {
        Running first = start("node-a", TIMING);
        soon().until(() -> first.said.contains("stored"));
        first.close();
        return first;
    }

    static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20));
    }

    @Override
    public void close() {
        running.forEach(Running::close);
        server.close();
    }

    /** A source, with what it has said. */
    final class Running implements SnapshotObserver {
        final RecordingListener recorder = new RecordingListener();
        final List<String> said = new CopyOnWriteArrayList<>();
        private final ApiConnection connection;
        private final SnapshotSource source;

        Running(String node, SnapshotTiming timing) throws ApiConfigException {
            connection = ApiConnection.open(
                    new ApiOptions(null, "http://127.0.0.1:" + port, "sluice/test"),
                    new ApiObserver() {},
                    TestTiming.FAST);
            source = new SnapshotSource(
                    new ApiServerSource(connection, node, true, true),
                    state(),
                    () -> new SnapshotOwner(connection.server(), connection.authority(), node),
                    "0.2.0",
                    this,
                    timing,
                    InstantSource.system());
            source.start(recorder);
        }

        @Override
        public void fromSnapshot(Instant written) {
            said.add("from snapshot");
        }

        @Override
        public void live() {
            said.add("live");
        }

        @Override
        public void stored(Instant written, long bytes) {
            said.add("stored");
        }

        @Override
        public void notStored() {
            said.add("not stored");
        }

        List<String> problems() {
            return recorder.problems().stream().map(Problem::message).toList();
        }

        void close() {
            source.close();
            connection.close();
        }
    }

    static String node() {
        return """
                {"metadata": {"name": "node-a", "resourceVersion": "VERSION",
                  "labels": {"topology.kubernetes.io/zone": "z1"}},
                 "status": {"addresses": [{"type": "InternalIP", "address": "192.0.2.7"}]}}
                """;
    }

    static String service(String name, String address) {
        return """
                {"metadata": {"name": "%s", "namespace": "shop", "resourceVersion": "VERSION"},
                 "spec": {"type": "ClusterIP", "clusterIP": "%2$s", "clusterIPs": ["%2$s"],
                  "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]}}
                """.formatted(name, address);
    }

    static String external(String name, String address) {
        return service(name, address).replace("\"ClusterIP\"", "\"ClusterIP\", \"externalIPs\": [\"192.0.2.99\"]");
    }

    static String other(String name, String address) {
        return """
                {"metadata": {"name": "%s", "resourceVersion": "VERSION"},
                 "status": {"addresses": [{"type": "InternalIP", "address": "%s"}]}}
                """.formatted(name, address);
    }

    static String ranges(String cidr) {
        return """
                {"apiVersion": "networking.k8s.io/v1", "kind": "ServiceCIDR",
                 "metadata": {"name": "kubernetes", "resourceVersion": "VERSION"}, "spec": {"cidrs": ["%s"]}}
                """.formatted(cidr);
    }

    static String slice(String address) {
        return """
                {"metadata": {"name": "web-1", "namespace": "shop", "resourceVersion": "VERSION",
                  "labels": {"kubernetes.io/service-name": "web"}},
                 "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
                 "endpoints": [{"addresses": ["%s"], "conditions": {"ready": true}}]}
                """.formatted(address);
    }
}
