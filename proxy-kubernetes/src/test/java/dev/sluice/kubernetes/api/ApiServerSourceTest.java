// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.RecordingListener;
import io.fabric8.kubernetes.api.model.NodeBuilder;
import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServiceBuilder;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSlice;
import io.fabric8.kubernetes.api.model.discovery.v1.EndpointSliceBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.server.mock.KubernetesCrudDispatcher;
import io.fabric8.kubernetes.client.server.mock.KubernetesMockServer;
import io.fabric8.mockwebserver.Context;
import io.fabric8.mockwebserver.MockWebServer;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeoutException;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The source against fabric8's mock server, which keeps objects and serves watches. */
class ApiServerSourceTest {
    private final KubernetesMockServer server = new KubernetesMockServer(
            new Context(), new MockWebServer(), new HashMap<>(), new KubernetesCrudDispatcher(), false);
    private final RecordingListener recorder = new RecordingListener();
    private KubernetesClient cluster;
    private ApiConnection connection;
    private ApiServerSource source;

    ApiServerSourceTest() throws ApiConfigException {
        server.init();
        cluster = server.createClient();
        connection = ApiConnection.open(new ApiOptions(null, server.url("/"), "sluice/test"));
        source = new ApiServerSource(connection, "node-a");
    }

    @BeforeEach
    void someObjects() {
        cluster.resource(node("node-a")).create();
        cluster.resource(node("node-b")).create();
        cluster.resource(service("web").build()).create();
        cluster.resource(slice("web-1", "10.0.0.1").build()).create();
    }

    /** The server first: it blocks for up to a minute after a client has ended a watch. */
    @AfterEach
    void close() {
        try {
            server.destroy();
        } catch (IllegalStateException e) {
            // its own ten seconds may not be enough on a busy machine, which says nothing about the source
            assertThat(e).hasCauseInstanceOf(TimeoutException.class);
        } finally {
            source.close();
            connection.close();
            cluster.close();
        }
    }

    @Test
    void theFirstListIsDeliveredBeforeSynced() {
        for (int i = 0; i < 50; i++) {
            cluster.resource(service("web" + i).build()).create();
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
                .usingRecursiveComparison()
                .ignoringFields("metadata.created")
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
        cluster.resource(slice("web-1", "10.0.0.2").build()).update();
        cluster.resource(service("api").build()).create();
        cluster.resource(service("web").build()).delete();
        cluster.resource(slice("web-2", "10.0.0.3").build()).create();
        cluster.nodes().withName("node-b").delete();

        soon().untilAsserted(() -> assertThat(recorder.services()).containsOnlyKeys("shop/api"));
        soon().untilAsserted(() -> assertThat(recorder.slices()).containsOnlyKeys("shop/web-1", "shop/web-2"));
        assertThat(recorder.slices().get("shop/web-1"))
                .satisfies(changed ->
                        assertThat(changed.endpoints().getFirst().addresses()).containsExactly("10.0.0.2"));
        cluster.nodes().withName("node-a").delete();
        soon().until(() -> recorder.nodes().isEmpty());
        assertThat(recorder.log()).doesNotContain("node node-b", "node gone node-b");
    }

    @Test
    void aServiceThatGainsTheLabelOfAnotherProxyIsGone() {
        start();
        Service labelled = service("web")
                .editMetadata()
                .addToLabels("service.kubernetes.io/service-proxy-name", "")
                .endMetadata()
                .build();
        cluster.resource(labelled).update();
        soon().until(() -> recorder.services().isEmpty());

        cluster.resource(service("web").build()).update();
        soon().until(() -> recorder.services().containsKey("shop/web"));
    }

    @Test
    void headlessObjectsAreNotDelivered() {
        cluster.resource(service("headless")
                        .editSpec()
                        .withClusterIP("None")
                        .endSpec()
                        .build())
                .create();
        EndpointSlice headless = slice("headless-1", "10.0.0.9")
                .editMetadata()
                .addToLabels("service.kubernetes.io/headless", "")
                .endMetadata()
                .build();
        cluster.resource(headless).create();
        start();

        assertThat(recorder.services()).containsOnlyKeys("shop/web");
        assertThat(recorder.slices()).containsOnlyKeys("shop/web-1");
    }

    @Test
    void theUserAgentIsOurs() throws InterruptedException {
        start();

        assertThat(server.getLastRequest().getHeader("User-Agent")).isEqualTo("sluice/test");
    }

    private void start() {
        source.start(recorder);
        soon().until(recorder::isSynced);
    }

    private static ConditionFactory soon() {
        return await().atMost(Duration.ofSeconds(30)).pollInterval(Duration.ofMillis(20));
    }

    private static io.fabric8.kubernetes.api.model.Node node(String name) {
        return new NodeBuilder()
                .withNewMetadata()
                .withName(name)
                .addToLabels("topology.kubernetes.io/zone", "z1")
                .endMetadata()
                .withNewSpec()
                .addToPodCIDRs("10.244.1.0/24")
                .endSpec()
                .withNewStatus()
                .addNewAddress("192.168.10.1", "InternalIP")
                .endStatus()
                .build();
    }

    private static ServiceBuilder service(String name) {
        return new ServiceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .addToAnnotations("sluice.dev/x", "y")
                .addToAnnotations("other", "z")
                .addToLabels("app", "web")
                .endMetadata()
                .withNewSpec()
                .withType("NodePort")
                .withClusterIP("10.96.0.50")
                .withClusterIPs("10.96.0.50", "fd00:96::50")
                .withIpFamilies("IPv4", "IPv6")
                .withExternalIPs("198.51.100.1")
                .withExternalTrafficPolicy("Local")
                .withInternalTrafficPolicy("Cluster")
                .withSessionAffinity("ClientIP")
                .withNewSessionAffinityConfig()
                .withNewClientIP(60)
                .endSessionAffinityConfig()
                .addNewPort()
                .withName("http")
                .withPort(80)
                .withNodePort(30_080)
                .withProtocol("TCP")
                .withNewTargetPort("web")
                .endPort()
                .endSpec()
                .withNewStatus()
                .withNewLoadBalancer()
                .addNewIngress()
                .withIp("203.0.113.10")
                .withIpMode("VIP")
                .endIngress()
                .endLoadBalancer()
                .endStatus();
    }

    private static EndpointSliceBuilder slice(String name, String address) {
        return new EndpointSliceBuilder()
                .withNewMetadata()
                .withNamespace("shop")
                .withName(name)
                .addToLabels("kubernetes.io/service-name", "web")
                .endMetadata()
                .withAddressType("IPv4")
                .addNewPort()
                .withName("http")
                .withPort(8080)
                .withProtocol("TCP")
                .endPort()
                .addNewEndpoint()
                .withAddresses(address)
                .withNewConditions()
                .withReady(true)
                .endConditions()
                .withNodeName("node-a")
                .withNewHints()
                .addNewForZone("z1")
                .endHints()
                .withNewTargetRef()
                .withUid("uid-1")
                .endTargetRef()
                .endEndpoint();
    }
}
