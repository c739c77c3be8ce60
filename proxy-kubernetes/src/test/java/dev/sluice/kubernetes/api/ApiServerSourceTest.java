// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.RecordingListener;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The source against a server that keeps objects, and lists and watches them. */
class ApiServerSourceTest {
    private static final String ANOTHER_PROXYS = ", \"service.kubernetes.io/service-proxy-name\": \"\"";

    private final RecordingListener recorder = new RecordingListener();
    private final FakeApi server;
    private final ApiConnection connection;
    private final ApiServerSource source;

    ApiServerSourceTest() throws IOException, ApiConfigException {
        server = new FakeApi(0, 1);
        connection = ApiConnection.open(new ApiOptions(null, server.url(), "sluice/test"));
        source = new ApiServerSource(connection, "node-a");
    }

    @BeforeEach
    void someObjects() {
        server.put("nodes", "node-a", node("node-a"));
        server.put("nodes", "node-b", node("node-b"));
        server.put("services", "shop/web", service("web", "", "10.96.0.50"));
        server.put("endpointslices", "shop/web-1", slice("web-1", "10.0.0.1", ""));
    }

    @AfterEach
    void close() {
        source.close();
        connection.close();
        server.close();
    }

    @Test
    void theFirstListIsDeliveredBeforeSynced() {
        for (int i = 0; i < 50; i++) {
            server.put("services", "shop/web" + i, service("web" + i, "", "10.96.0.50"));
        }
        start();

        List<String> log = recorder.log();
        assertThat(log).hasSize(3 + 1 + 1 + 51);
        assertThat(log.indexOf("node node-a")).isBetween(0, log.indexOf("synced NODE"));
        assertThat(log.indexOf("slice shop/web-1")).isBetween(0, log.indexOf("synced ENDPOINT_SLICE"));
        int synced = log.indexOf("synced SERVICE");
        assertThat(log.subList(0, synced).stream().filter(word -> word.startsWith("service ")))
                .hasSize(51);
    }

    @Test
    void objectsAreConvertedWhole() {
        start();

        assertThat(recorder.services().get("shop/web"))
                .isEqualTo(new ServiceObject(
                        new ServiceObject.Metadata(
                                new ServiceName("shop", "web"), 0, Map.of(), Map.of("sluice.dev/x", "y")),
                        "NodePort",
                        new ServiceObject.Addresses(
                                "10.96.0.50",
                                List.of("10.96.0.50", "fd00:96::50"),
                                List.of("IPv4", "IPv6"),
                                List.of("198.51.100.1")),
                        List.of(new ServiceObject.Port("http", "TCP", 80, 30_080)),
                        new ServiceObject.Policies("Local", "Cluster"),
                        new ServiceObject.Affinity("ClientIP", 60),
                        new ServiceObject.LoadBalancer(
                                List.of(new ServiceObject.Ingress("203.0.113.10", "", "VIP")), List.of(), 0)));
        assertThat(recorder.slices().get("shop/web-1"))
                .isEqualTo(new EndpointSliceObject(
                        "shop",
                        "web-1",
                        "IPv4",
                        List.of(new EndpointSliceObject.Port("http", "TCP", 8080)),
                        List.of(new EndpointSliceObject.Address(
                                List.of("10.0.0.1"), true, null, null, "node-a", List.of("z1"), List.of(), "uid-1")),
                        Map.of("kubernetes.io/service-name", "web"),
                        Map.of()));
        assertThat(recorder.nodes())
                .isEqualTo(Map.of(
                        "node-a",
                        new NodeObject(
                                "node-a",
                                "z1",
                                List.of("192.168.10.1"),
                                List.of(),
                                List.of("10.244.1.0/24"),
                                List.of(),
                                false)));
    }

    @Test
    void changesAreDelivered() {
        start();
        server.put("endpointslices", "shop/web-1", slice("web-1", "10.0.0.2", ""));
        server.put("services", "shop/api", service("api", "", "10.96.0.50"));
        server.remove("services", "shop/web");
        server.put("endpointslices", "shop/web-2", slice("web-2", "10.0.0.3", ""));
        server.remove("nodes", "node-b");

        soon().untilAsserted(() -> assertThat(recorder.services()).containsOnlyKeys("shop/api"));
        soon().untilAsserted(() -> assertThat(recorder.slices()).containsOnlyKeys("shop/web-1", "shop/web-2"));
        assertThat(recorder.slices().get("shop/web-1"))
                .satisfies(changed ->
                        assertThat(changed.endpoints().getFirst().addresses()).containsExactly("10.0.0.2"));
        server.remove("nodes", "node-a");
        soon().until(() -> recorder.nodes().isEmpty());
        assertThat(recorder.log()).doesNotContain("node node-b", "node gone node-b");
    }

    @Test
    void aServiceThatGainsTheLabelOfAnotherProxyIsGone() {
        start();
        server.put("services", "shop/web", service("web", ANOTHER_PROXYS, "10.96.0.50"));
        soon().until(() -> recorder.services().isEmpty());

        server.put("services", "shop/web", service("web", "", "10.96.0.50"));
        soon().until(() -> recorder.services().containsKey("shop/web"));
    }

    @Test
    void otherNodesAreFollowedFromTheFirstServiceOnThatMayHaveOnesAddress() {
        try (ApiServerSource watching = new ApiServerSource(connection, "node-a", true)) {
            server.put("services", "shop/web", internal("web"));
            watching.start(recorder);
            soon().until(recorder::isSynced);
            server.put("services", "shop/more", internal("more"));
            soon().until(() -> recorder.services().containsKey("shop/more"));
            assertThat(recorder.arePeersListed()).isFalse();

            server.put("services", "shop/web", service("web", "", "10.96.0.50"));
            soon().until(recorder::arePeersListed);
            assertThat(recorder.peers()).isEqualTo(Map.of("node-b", List.of("192.168.10.1")));
            server.put("nodes", "node-c", node("node-c"));
            server.remove("nodes", "node-b");
            soon().untilAsserted(() -> assertThat(recorder.peers())
                    .isEqualTo(Map.of("node-b", List.of(), "node-c", List.of("192.168.10.1"))));
            assertThat(recorder.nodes()).containsOnlyKeys("node-a");
        }
    }

    @Test
    void theWatchOfOtherNodesIsReportedAsItsOwn() throws Exception {
        List<String> said = new CopyOnWriteArrayList<>();
        ApiObserver observer = new ApiObserver() {
            @Override
            public void begun(ResourceKind kind) {
                said.add("begun " + kind.plural());
            }

            @Override
            public void watching(ResourceKind kind) {
                said.add("watching " + kind.plural());
            }

            @Override
            public void refused(ResourceKind kind, String verb, int status, String cause) {
                said.add(verb + " of " + kind.plural() + " " + status);
            }
        };
        try (ApiConnection observed = ApiConnection.open(new ApiOptions(null, server.url(), "sluice/test"), observer);
                ApiServerSource watching = new ApiServerSource(observed, "node-a", true)) {
            server.put("services", "shop/web", internal("web"));
            watching.start(recorder);
            soon().until(() -> said.contains("watching services") && said.contains("watching nodes"));
            assertThat(said).doesNotContain("begun peers");

            server.refuseReads("nodes", 403); // the watch of the own Node stays open
            server.put("services", "shop/web", service("web", "", "10.96.0.50"));
            soon().until(() -> said.contains("list of peers 403"));
            assertThat(said).containsSubsequence("begun peers", "list of peers 403");
            assertThat(said).noneMatch(text -> text.startsWith("list of nodes"));
            server.refuseReads("nodes", 0);
            soon().until(() -> said.contains("watching peers"));
        }
    }

    @Test
    void withoutNeedNoOtherNodeIsFollowed() {
        start();
        soon().until(() -> recorder.services().containsKey("shop/web"));
        assertThat(recorder.peers()).isEmpty();
        assertThat(recorder.arePeersListed()).isFalse();
    }

    private static String internal(String name) {
        return """
                {"apiVersion": "v1", "kind": "Service",
                 "metadata": {"name": "%s", "namespace": "shop", "resourceVersion": "VERSION"},
                 "spec": {"clusterIP": "10.96.0.51", "clusterIPs": ["10.96.0.51"], "ipFamilies": ["IPv4"],
                  "ports": [{"port": 80, "protocol": "TCP"}]}}
                """.formatted(name);
    }

    @Test
    void headlessObjectsAreNotDelivered() {
        server.put("services", "shop/headless", service("headless", "", "None"));
        server.put(
                "endpointslices",
                "shop/headless-1",
                slice("headless-1", "10.0.0.9", ", \"service.kubernetes.io/headless\": \"\""));
        start();

        assertThat(recorder.services()).containsOnlyKeys("shop/web");
        assertThat(recorder.slices()).containsOnlyKeys("shop/web-1");
    }

    @Test
    void theUserAgentIsOurs() {
        start();

        assertThat(server.userAgents()).isNotEmpty().containsOnly("sluice/test");
    }

    private void start() {
        source.start(recorder);
        soon().until(recorder::isSynced);
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20));
    }

    private static String node(String name) {
        return """
                {"apiVersion": "v1", "kind": "Node",
                 "metadata": {"name": "%s", "resourceVersion": "VERSION",
                  "labels": {"topology.kubernetes.io/zone": "z1"}},
                 "spec": {"podCIDRs": ["10.244.1.0/24"]},
                 "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.1"}]}}
                """.formatted(name);
    }

    private static String service(String name, String labels, String address) {
        return """
                {"apiVersion": "v1", "kind": "Service",
                 "metadata": {"name": "%s", "namespace": "shop", "resourceVersion": "VERSION",
                  "annotations": {"sluice.dev/x": "y", "other": "z"}, "labels": {"app": "web"%s}},
                 "spec": {"type": "NodePort", "clusterIP": "%3$s", "clusterIPs": ["%3$s", "fd00:96::50"],
                  "ipFamilies": ["IPv4", "IPv6"], "externalIPs": ["198.51.100.1"],
                  "externalTrafficPolicy": "Local", "internalTrafficPolicy": "Cluster",
                  "sessionAffinity": "ClientIP", "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 60}},
                  "ports": [{"name": "http", "port": 80, "nodePort": 30080, "protocol": "TCP", "targetPort": "web"}]},
                 "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.10", "ipMode": "VIP"}]}}}
                """.formatted(name, labels, address);
    }

    private static String slice(String name, String address, String labels) {
        return """
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
                 "metadata": {"name": "%s", "namespace": "shop", "resourceVersion": "VERSION",
                  "labels": {"kubernetes.io/service-name": "web"%s}},
                 "addressType": "IPv4", "ports": [{"name": "http", "port": 8080, "protocol": "TCP"}],
                 "endpoints": [{"addresses": ["%s"], "conditions": {"ready": true}, "nodeName": "node-a",
                  "hints": {"forZones": [{"name": "z1"}]}, "targetRef": {"uid": "uid-1"}}]}
                """.formatted(name, labels, address);
    }
}
