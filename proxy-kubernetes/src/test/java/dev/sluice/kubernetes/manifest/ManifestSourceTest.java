// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.RecordingListener;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ManifestSourceTest {
    private static final WatchTiming QUICK =
            new WatchTiming(Duration.ofMillis(60), Duration.ofMillis(300), Duration.ofMillis(500));

    /** Believes no half written file for longer than any test takes. */
    private static final WatchTiming PATIENT = new WatchTiming(QUICK.quiet(), Duration.ofMinutes(5), QUICK.rescan());

    @TempDir
    Path directory;

    private final RecordingListener recorder = new RecordingListener();
    private ManifestSource source = new ManifestSource(Path.of("/"), "node-a", QUICK);

    @AfterEach
    void close() {
        source.close();
    }

    @Test
    void serviceComesTogetherWithItsEndpoints() throws IOException {
        List<List<ClusterEvent>> deliveries = new CopyOnWriteArrayList<>();
        source = new ManifestSource(directory, "node-a", QUICK);
        source.start(new ClusterListener() {
            @Override
            public void accept(ClusterEvent event) {
                acceptAll(List.of(event));
            }

            @Override
            public void acceptAll(List<ClusterEvent> events) {
                deliveries.add(List.copyOf(events));
            }
        });
        await().until(() -> !deliveries.isEmpty());
        write("a.yaml", service("web", 80) + "---\n" + slice("web-1", "10.0.0.1"));

        await().until(() -> deliveries.size() > 1);
        assertThat(deliveries.get(1))
                .hasExactlyElementsOfTypes(ClusterEvent.ServiceUpdated.class, ClusterEvent.EndpointSliceUpdated.class);
    }

    @Test
    void whatIsThereIsDeliveredBeforeSynced() throws IOException {
        write("a.yaml", service("web", 80) + "---\n" + slice("web-1", "10.0.0.1"));
        write("b.json", "{\"apiVersion\": \"v1\", \"kind\": \"Node\", \"metadata\": {\"name\": \"node-a\"}}");
        write("c.yml", "apiVersion: v1\nkind: Node\nmetadata: {name: node-b}\n");
        write(".hidden.yaml", service("hidden", 80));
        write("notes.txt", "this is no manifest");
        Files.createDirectory(directory.resolve("more.yaml"));
        start();

        assertThat(recorder.log())
                .containsExactly(
                        "service shop/web",
                        "slice shop/web-1",
                        "node node-a",
                        "synced NODE",
                        "synced SERVICE",
                        "synced ENDPOINT_SLICE");
        assertThat(recorder.problems()).isEmpty();
    }

    @Test
    void otherNodesAreTheirAddresses() throws IOException {
        write("b.yaml", """
            apiVersion: v1
            kind: Node
            metadata: {name: node-b}
            status:
              addresses:
              - {type: Hostname, address: node-b}
              - {type: InternalIP, address: 192.168.10.2}
              - {type: ExternalIP, address: 203.0.113.2}
            """);
        start();
        assertThat(recorder.nodes()).isEmpty();
        assertThat(recorder.peers()).isEqualTo(Map.of("node-b", List.of("192.168.10.2", "203.0.113.2")));
        assertThat(recorder.arePeersListed()).isTrue();

        Files.delete(directory.resolve("b.yaml"));
        soon().untilAsserted(() -> assertThat(recorder.peers()).isEqualTo(Map.of("node-b", List.of())));
    }

    @Test
    void anEmptyDirectorySyncsToo() {
        start();

        assertThat(recorder.log()).containsExactly("synced NODE", "synced SERVICE", "synced ENDPOINT_SLICE");
    }

    @Test
    void onlyWhatChangedIsDelivered() throws IOException {
        write("a.yaml", service("web", 80) + "---\n" + service("api", 81));
        start();
        write("a.yaml", service("web", 80) + "---\n" + service("api", 82) + "---\n" + service("new", 83));

        soon().untilAsserted(() -> assertThat(later()).containsExactly("service shop/api", "service shop/new"));
        assertThat(port("api")).isEqualTo(82);
    }

    @Test
    void aDeletedFileTakesItsObjectsWithIt() throws IOException {
        write("a.yaml", service("web", 80) + "---\n" + slice("web-1", "10.0.0.1"));
        write("node.yaml", "apiVersion: v1\nkind: Node\nmetadata: {name: node-a}\n");
        start();
        Files.delete(directory.resolve("a.yaml"));
        Files.delete(directory.resolve("node.yaml"));

        soon().untilAsserted(() -> assertThat(later())
                .containsExactlyInAnyOrder("service gone shop/web", "slice gone shop/web-1", "node gone node-a"));
    }

    @Test
    void aBrokenFileIsReportedAndChangesNothing() throws IOException {
        write("a.yaml", service("web", 80));
        write("b.yaml", service("api", 80));
        start();
        write("a.yaml", service("web", 80).replace("port: 80", "port: eighty"));
        soon().until(() -> recorder.problems().size() == 1);
        write("b.yaml", service("api", 81));

        soon().untilAsserted(() -> assertThat(later()).containsExactly("service shop/api"));
        assertThat(recorder.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.object()).hasToString("a.yaml");
            assertThat(problem.field()).isEqualTo("line 6: spec.ports[0].port");
        });
        write("a.yaml", service("web", 90));
        soon().until(() -> recorder.problems().isEmpty());
        assertThat(later()).containsExactly("service shop/api", "service shop/web");
    }

    @Test
    void aFileBrokenFromTheStartIsReportedAtOnce() throws IOException {
        write("a.yaml", "kind: Service");
        write("b.yaml", service("api", 80));
        start();

        assertThat(recorder.services()).containsOnlyKeys("shop/api");
        assertThat(recorder.problems()).extracting(Problem::object).containsExactly(ObjectRef.manifest("a.yaml"));
    }

    @Test
    @Tag("slow")
    void aFileWrittenInStepsDoesNotFlap() throws IOException {
        String whole = service("web", 80) + "---\n" + service("api", 81);
        write("a.yaml", whole);
        start(PATIENT);
        write("a.yaml", "");
        awaitLooks();
        write("a.yaml", whole.substring(0, whole.indexOf("ports") + 8));
        awaitLooks();
        write("a.yaml", whole + "---\n" + service("new", 82));

        soon().untilAsserted(() -> assertThat(later()).containsExactly("service shop/new"));
        assertThat(recorder.everyProblems()).isEmpty();
    }

    @Test
    void aFileThatStaysEmptyIsBelieved() throws IOException {
        write("a.yaml", service("web", 80));
        start();
        write("a.yaml", "# nothing left\n");

        soon().untilAsserted(() -> assertThat(later()).containsExactly("service gone shop/web"));
    }

    @Test
    void theFirstFileWinsAndTheNextTakesOver() throws IOException {
        write("b.yaml", service("web", 82));
        write("a.yaml", service("web", 81));
        start();
        assertThat(port("web")).isEqualTo(81);
        assertThat(recorder.problems())
                .containsExactly(Problem.skipped(
                        ObjectRef.manifest("b.yaml"),
                        "Service shop/web",
                        "is already defined in a.yaml, which takes precedence: remove one of them"));

        Files.delete(directory.resolve("a.yaml"));
        soon().untilAsserted(() -> assertThat(port("web")).isEqualTo(82));
        soon().until(() -> recorder.problems().isEmpty());
        assertThat(later()).containsExactly("service shop/web");
    }

    @Test
    void whatTheSelectionLeavesOutIsNotDelivered() throws IOException {
        write("a.yaml", service("headless", 80).replace("10.96.0.50", "None"));
        write("b.yaml", service("web", 80));
        write("c.yaml", slice("x", "10.0.0.1").replace("labels: {", "labels: {service.kubernetes.io/headless: \"\", "));
        start();
        assertThat(recorder.services()).containsOnlyKeys("shop/web");
        assertThat(recorder.slices()).isEmpty();

        write(
                "b.yaml",
                service("web", 80)
                        .replace(
                                "namespace: shop",
                                "namespace: shop, labels: {service.kubernetes.io/service-proxy-name: other}"));
        soon().untilAsserted(() -> assertThat(later()).containsExactly("service gone shop/web"));
    }

    @Test
    void aConfigMapsLinksAreFollowedAcrossASwap() throws IOException {
        Path first = Files.createDirectory(directory.resolve("..2026_01"));
        Files.writeString(first.resolve("a.yaml"), service("web", 80));
        Files.createSymbolicLink(directory.resolve("..data"), Path.of("..2026_01"));
        Files.createSymbolicLink(directory.resolve("a.yaml"), Path.of("..data/a.yaml"));
        start();
        assertThat(port("web")).isEqualTo(80);

        Path second = Files.createDirectory(directory.resolve("..2026_02"));
        Files.writeString(second.resolve("a.yaml"), service("web", 81));
        Files.createSymbolicLink(directory.resolve("..data_tmp"), Path.of("..2026_02"));
        Files.move(
                directory.resolve("..data_tmp"),
                directory.resolve("..data"),
                StandardCopyOption.ATOMIC_MOVE,
                StandardCopyOption.REPLACE_EXISTING);

        soon().untilAsserted(() -> assertThat(port("web")).isEqualTo(81));
    }

    @Test
    void aDirectoryThatVanishesLeavesEverythingAndMayComeBack() throws IOException {
        Path inner = Files.createDirectory(directory.resolve("manifests"));
        Files.writeString(inner.resolve("a.yaml"), service("web", 80));
        source = new ManifestSource(inner, "node-a", QUICK);
        source.start(recorder);
        soon().until(recorder::isSynced);

        Path moved = Files.move(inner, directory.resolve("moved"));
        soon().until(() -> recorder.problems().size() == 1);
        assertThat(recorder.problems().getFirst().message()).contains("cannot be read", "stays in force");
        assertThat(recorder.services()).containsOnlyKeys("shop/web");

        Files.writeString(moved.resolve("a.yaml"), service("web", 81));
        Files.move(moved, inner);
        soon().until(() -> recorder.problems().isEmpty());
        soon().untilAsserted(() -> assertThat(port("web")).isEqualTo(81));
        Files.writeString(inner.resolve("a.yaml"), service("web", 82));
        soon().untilAsserted(() -> assertThat(port("web")).isEqualTo(82));
    }

    @Test
    void aListenerThatFailsIsToldAgain() throws IOException {
        write("a.yaml", service("web", 80));
        RecordingListener shy = new RecordingListener() {
            private boolean failed;

            @Override
            public void accept(ClusterEvent event) {
                if (!failed) {
                    failed = true;
                    throw new IllegalStateException("for the test");
                }
                super.accept(event);
            }
        };
        source = new ManifestSource(directory, "node-a", QUICK);
        source.start(shy);

        soon().until(shy::isSynced);
        assertThat(shy.services()).containsOnlyKeys("shop/web");
    }

    @Test
    void nothingIsDeliveredAfterClose() throws IOException {
        start();
        source.close();
        write("a.yaml", service("web", 80));

        await().during(QUICK.rescan().multipliedBy(2))
                .until(() -> recorder.services().isEmpty());
    }

    @Test
    void aMissingDirectoryIsRefused() {
        Path missing = directory.resolve("missing");

        assertThatThrownBy(() -> new ManifestSource(missing, "node-a"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("the manifest directory " + missing + " does not exist: check --manifests");
    }

    private void start() {
        start(QUICK);
    }

    private void start(WatchTiming pace) {
        source = new ManifestSource(directory, "node-a", pace);
        source.start(recorder);
        soon().until(recorder::isSynced);
    }

    /** What was delivered since the first time. */
    private List<String> later() {
        List<String> log = recorder.log();
        return log.subList(log.indexOf("synced ENDPOINT_SLICE") + 1, log.size());
    }

    private int port(String service) {
        ServiceObject delivered = recorder.services().get("shop/" + service);
        return delivered == null ? -1 : delivered.ports().getFirst().port();
    }

    private void write(String name, String content) throws IOException {
        Files.writeString(directory.resolve(name), content);
    }

    /** Long enough for the source to have read the file, even without a notification of the change. */
    private static void awaitLooks() {
        long end = System.nanoTime() + QUICK.rescan().multipliedBy(2).toNanos();
        await().pollInterval(Duration.ofMillis(10)).until(() -> System.nanoTime() - end > 0);
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(20)).pollInterval(Duration.ofMillis(10));
    }

    private static String service(String name, int port) {
        return """
            apiVersion: v1
            kind: Service
            metadata: {name: %s, namespace: shop}
            spec:
              clusterIP: 10.96.0.50
              ports: [{port: %d}]
            """.formatted(name, port);
    }

    private static String slice(String name, String address) {
        return """
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata: {name: %s, namespace: shop, labels: {kubernetes.io/service-name: web}}
            addressType: IPv4
            ports: [{port: 8080}]
            endpoints: [{addresses: [%s]}]
            """.formatted(name, address);
    }
}
