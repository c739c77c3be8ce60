// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.lab.LabAddresses;

/** The objects of a {@link FaultSite}, in IPv4. */
final class ClusterObjects {
    private static final String META = "\"metadata\": {\"name\": \"%s\", \"namespace\": \"shop\", \"uid\": \"%1$s\","
            + " \"resourceVersion\": \"VERSION\"";

    private ClusterObjects() {}

    /** Where the daemon has its objects from. */
    @FunctionalInterface
    interface ObjectSink {
        /** @param json with VERSION in place of the resource version */
        void put(String plural, String key, String json);
    }

    static void putNode(ObjectSink sink) {
        sink.put("nodes", LabAddresses.NODE_A, """
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a", "resourceVersion": "VERSION"},
                 "spec": {"podCIDRs": ["10.244.1.0/24"]},
                 "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.1"}]}}""");
    }

    /** A Service, and a slice of one Pod. */
    static void put(ObjectSink sink, String name, String address, String protocol, int port, int target, String pod) {
        putService(sink, name, address, protocol, port);
        putSlice(sink, name, protocol, target, pod);
    }

    static void putService(ObjectSink sink, String name, String address, String protocol, int port) {
        sink.put("services", "shop/" + name, service(name, address, protocol, port));
    }

    /** A Service of a local Pod, with a health check node port. */
    static void putHealthPort(ObjectSink sink, String name, String address, int port) {
        sink.put("services", "shop/" + name, """
                {"apiVersion": "v1", "kind": "Service", %s},
                 "spec": {"type": "LoadBalancer", "clusterIP": "%s", "clusterIPs": ["%2$s"], "ipFamilies": ["IPv4"],
                 "externalTrafficPolicy": "Local", "healthCheckNodePort": %d,
                 "ports": [{"name": "p", "protocol": "TCP", "port": 80}]},
                 "status": {"loadBalancer": {"ingress": [{"ip": "203.0.113.77"}]}}}
                """.formatted(META.formatted(name), address, port));
        putSlice(sink, name, "TCP", 8080, "a2");
    }

    static String service(String name, String address, String protocol, int port) {
        String meta = META.formatted(name) + "}";
        return """
                {"apiVersion": "v1", "kind": "Service", %s,
                 "spec": {"type": "ClusterIP", "clusterIP": "%s", "clusterIPs": ["%s"], "ipFamilies": ["IPv4"],
                 "ports": [{"name": "p", "protocol": "%s", "port": %d}]}}
                """.formatted(meta, address, address, protocol, port);
    }

    private static void putSlice(ObjectSink sink, String name, String protocol, int target, String pod) {
        String meta = META.formatted(name) + ", \"labels\": {\"kubernetes.io/service-name\": \"" + name + "\"}}";
        sink.put("endpointslices", "shop/" + name, """
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", %s,
                 "addressType": "IPv4", "ports": [{"name": "p", "protocol": "%s", "port": %d}],
                 "endpoints": [{"addresses": ["%s"], "nodeName": "%s", "conditions": {"ready": true}}]}
                """.formatted(
                        meta, protocol, target, LabAddresses.of(pod, IpFamily.IPV4), LabAddresses.nodeOf(pod)));
    }
}
