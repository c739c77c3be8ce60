// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ManifestReaderTest extends ReadManifests {
    @ParameterizedTest
    @CsvSource({
        "v1, Pod",
        "v1, PodList",
        "v1, ServiceAccount",
        "v1, Endpoints",
        "v1, EndpointsList",
        "v1, Secret",
        "apps/v1, Deployment",
        "rbac.authorization.k8s.io/v1, Role",
        "serving.knative.dev/v1, Service",
        "networking.k8s.io/v1, Ingress",
        "coordination.k8s.io/v1, Lease",
        "example.com/v1, Nodes"
    })
    void otherKindsAreLeftOut(String version, String kind) {
        String other = "apiVersion: " + version + "\nkind: " + kind + "\nmetadata: {name: x}\nspec: 7\n";

        assertThat(read("a.yaml", other + "---\n" + SERVICE))
                .isEqualTo(read("a.yaml", SERVICE))
                .isInstanceOf(Manifest.Valid.class);
    }

    @Test
    void whatIsAbsentIsDefaultedAsTheApiServerDoes() {
        ServiceObject service = service(SERVICE.replace("clusterIP:", "sessionAffinity: ClientIP\n  clusterIP:"));

        assertThat(service)
                .isEqualTo(new ServiceObject(
                        new ServiceObject.Metadata(new ServiceName("shop", "web"), 0, Map.of(), Map.of()),
                        "ClusterIP",
                        new ServiceObject.Addresses("10.96.0.50", List.of("10.96.0.50"), List.of("IPv4"), List.of()),
                        List.of(new ServiceObject.Port("", "TCP", 80, 0)),
                        new ServiceObject.Policies("", "Cluster"),
                        new ServiceObject.Affinity("ClientIP", 10_800),
                        new ServiceObject.LoadBalancer(List.of(), List.of(), 0)));
    }

    @Test
    void familiesFollowFromTheAddresses() {
        ServiceObject service = service(SERVICE.replace(
                "clusterIP: 10.96.0.50", "clusterIPs: [\"fd00:96::50\", 10.96.0.50]\n  type: NodePort"));

        assertThat(service.clusterIp()).isEqualTo("fd00:96::50");
        assertThat(service.addresses().ipFamilies()).containsExactly("IPv6", "IPv4");
        assertThat(service.policies().external()).isEqualTo("Cluster");
    }

    @Test
    void aServiceIsReadWhole() {
        ServiceObject service = service("""
            apiVersion: v1
            kind: Service
            metadata:
              name: web
              creationTimestamp: "2026-01-01T00:00:01Z"
              labels: {app: web, service.kubernetes.io/headless: ""}
              annotations: {sluice.dev/x: y, other: z}
            spec:
              type: LoadBalancer
              clusterIP: 10.96.0.70
              externalIPs: [198.51.100.1]
              externalTrafficPolicy: Local
              internalTrafficPolicy: Local
              healthCheckNodePort: 32000
              sessionAffinity: ClientIP
              sessionAffinityConfig: {clientIP: {timeoutSeconds: 60}}
              loadBalancerSourceRanges: [192.0.2.0/24]
              ports:
              - {name: http, port: 80, nodePort: 30080, protocol: UDP, targetPort: web}
            status:
              loadBalancer:
                ingress: [{ip: 203.0.113.10}, {hostname: lb.example.org}, {ip: 203.0.113.11, ipMode: Proxy}]
            """);

        assertThat(service)
                .isEqualTo(new ServiceObject(
                        new ServiceObject.Metadata(
                                new ServiceName("default", "web"),
                                1_767_225_601_000L,
                                Map.of("service.kubernetes.io/headless", ""),
                                Map.of("sluice.dev/x", "y")),
                        "LoadBalancer",
                        new ServiceObject.Addresses(
                                "10.96.0.70", List.of("10.96.0.70"), List.of("IPv4"), List.of("198.51.100.1")),
                        List.of(new ServiceObject.Port("http", "UDP", 80, 30_080)),
                        new ServiceObject.Policies("Local", "Local"),
                        new ServiceObject.Affinity("ClientIP", 60),
                        new ServiceObject.LoadBalancer(
                                List.of(
                                        new ServiceObject.Ingress("203.0.113.10", "", "VIP"),
                                        new ServiceObject.Ingress("", "lb.example.org", ""),
                                        new ServiceObject.Ingress("203.0.113.11", "", "Proxy")),
                                List.of("192.0.2.0/24"),
                                32_000)));
    }

    @Test
    void aSliceIsReadWhole() {
        ManifestObject object = only("""
            apiVersion: discovery.k8s.io/v1
            kind: EndpointSlice
            metadata:
              name: web-1
              namespace: shop
              labels: {kubernetes.io/service-name: web, endpointslice.kubernetes.io/managed-by: me}
              annotations: {endpoints.kubernetes.io/last-change-trigger-time: "2026-01-01T00:00:00Z"}
            addressType: IPv4
            ports: [{port: 8080}, {name: dns, port: 53, protocol: UDP}, {name: all}]
            endpoints:
            - addresses: [10.0.0.1]
            - addresses: [10.0.0.2]
              conditions: {ready: false, serving: true, terminating: true}
              nodeName: node-a
              hints: {forZones: [{name: z1}, {name: z2}], forNodes: [{name: node-a}]}
              targetRef: {kind: Pod, name: web-0, uid: 1b4e}
            """);

        assertThat(object)
                .isEqualTo(new ManifestObject.OfSlice(new EndpointSliceObject(
                        "shop",
                        "web-1",
                        "IPv4",
                        List.of(
                                new EndpointSliceObject.Port("", "TCP", 8080),
                                new EndpointSliceObject.Port("dns", "UDP", 53),
                                new EndpointSliceObject.Port("all", "TCP", null)),
                        List.of(
                                new EndpointSliceObject.Address(
                                        List.of("10.0.0.1"), null, null, null, null, List.of(), List.of(), ""),
                                new EndpointSliceObject.Address(
                                        List.of("10.0.0.2"),
                                        false,
                                        true,
                                        true,
                                        "node-a",
                                        List.of("z1", "z2"),
                                        List.of("node-a"),
                                        "1b4e")),
                        Map.of("kubernetes.io/service-name", "web"),
                        Map.of("endpoints.kubernetes.io/last-change-trigger-time", "2026-01-01T00:00:00Z"))));
    }

    @Test
    void aNodeIsReadWhole() {
        ManifestObject object = only("""
            apiVersion: v1
            kind: Node
            metadata:
              name: node-a
              labels: {topology.kubernetes.io/zone: z1}
              deletionTimestamp: "2026-01-01T00:00:00Z"
            spec:
              podCIDR: 10.244.1.0/24
              taints: [{key: ToBeDeletedByClusterAutoscaler, effect: NoSchedule}]
            status:
              addresses:
              - {type: Hostname, address: node-a}
              - {type: ExternalIP, address: 198.51.100.7}
              - {type: InternalIP, address: 192.168.10.1}
              - {type: InternalIP, address: "fd00:10::1"}
            """);

        assertThat(object)
                .isEqualTo(new ManifestObject.OfNode(new NodeObject(
                        "node-a",
                        "z1",
                        List.of("192.168.10.1", "fd00:10::1"),
                        List.of("198.51.100.7"),
                        List.of("10.244.1.0/24"),
                        List.of("ToBeDeletedByClusterAutoscaler"),
                        true)));
    }

    @Test
    void yamlAndJsonSayTheSame() {
        String json = """
            {"apiVersion": "v1", "kind": "ServiceList", "items": [{"apiVersion": "v1", "kind": "Service",
            \t"metadata": {"name": "web", "namespace": "shop", "managedFields": [{"manager": "kubectl"}]},
            \t"spec": {"clusterIP": "10.96.0.50", "ports": [{"port": 80}]}}]}
            """;

        assertThat(read("a.json", json)).isEqualTo(read("a.yaml", SERVICE));
        assertThat(read("a.yaml", json)).isEqualTo(read("a.yaml", SERVICE));
    }

    @Test
    void anchorsAreFollowedAndLoopsRefused() {
        assertThat(read("a.yaml", SERVICE.replace("[{port: 80}]", "[&p {port: 80}, *p]")))
                .isInstanceOfSatisfying(
                        Manifest.Valid.class,
                        good -> assertThat(good.objects())
                                .singleElement()
                                .isInstanceOfSatisfying(
                                        ManifestObject.OfService.class,
                                        object -> assertThat(object.service().ports())
                                                .hasSize(2)));
        assertThat(read("a.yaml", "apiVersion: v1\nkind: List\nitems: &loop\n- *loop\n"))
                .isInstanceOf(Manifest.Invalid.class);
    }

    private static ServiceObject service(String yaml) {
        return ((ManifestObject.OfService) only(yaml)).service();
    }

    private static ManifestObject only(String yaml) {
        Manifest manifest = read("a.yaml", yaml);
        assertThat(manifest).isInstanceOf(Manifest.Valid.class);
        return ((Manifest.Valid) manifest).objects().getFirst();
    }
}
