// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.conformance.fault;

import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.lab.LabAddresses;

/** The objects of a {@link FaultSite}, in IPv4. */
final class ClusterObjects {
    private static final String META = "\"metadata\": {\"name\": \"%s\", \"namespace\": \"shop\", \"uid\": \"%1$s\","
            + " \"resourceVersion\": \"VERSION\"";

    private ClusterObjects() {}

    static void putNode(FakeApi api) {
        api.put("nodes", LabAddresses.NODE_A, """
                {"apiVersion": "v1", "kind": "Node", "metadata": {"name": "node-a", "resourceVersion": "VERSION"},
                 "spec": {"podCIDRs": ["10.244.1.0/24"]},
                 "status": {"addresses": [{"type": "InternalIP", "address": "192.168.10.1"}]}}""");
    }

    /** A Service, and a slice of one Pod. */
    static void put(FakeApi api, String name, String address, String protocol, int port, int target, String pod) {
        putService(api, name, address, protocol, port);
        putSlice(api, name, protocol, target, pod);
    }

    static void putService(FakeApi api, String name, String address, String protocol, int port) {
        api.put("services", "shop/" + name, service(name, address, protocol, port));
    }

    static String service(String name, String address, String protocol, int port) {
        String meta = META.formatted(name) + "}";
        return """
                {"apiVersion": "v1", "kind": "Service", %s,
                 "spec": {"type": "ClusterIP", "clusterIP": "%s", "clusterIPs": ["%s"], "ipFamilies": ["IPv4"],
                 "ports": [{"name": "p", "protocol": "%s", "port": %d}]}}
                """.formatted(meta, address, address, protocol, port);
    }

    private static void putSlice(FakeApi api, String name, String protocol, int target, String pod) {
        String meta = META.formatted(name) + ", \"labels\": {\"kubernetes.io/service-name\": \"" + name + "\"}}";
        api.put("endpointslices", "shop/" + name, """
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", %s,
                 "addressType": "IPv4", "ports": [{"name": "p", "protocol": "%s", "port": %d}],
                 "endpoints": [{"addresses": ["%s"], "conditions": {"ready": true}}]}
                """.formatted(
                        meta, protocol, target, LabAddresses.of(pod, IpFamily.IPV4)));
    }
}
