// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.cluster;

import dev.sluice.testkit.api.FakeApi;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.model.ManyServices;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/**
 * The objects of a cluster in JSON as large as an API server's, with what a proxy does not read: 0.9 KB for a Service,
 * 1.8 KB for its EndpointSlice of five endpoints.
 */
final class ClusterContent {
    private static final String NAMESPACE = "scale";
    private static final String FIELDS = """
            "managedFields":[{"manager":"%s","operation":"Update","apiVersion":"%s","time":"2026-01-01T00:00:00Z",\
            "fieldsType":"FieldsV1","fieldsV1":{%s}}]""";
    private static final String SERVICE_FIELDS = """
            "f:metadata":{"f:labels":{".":{},"f:app":{}}},"f:spec":{"f:internalTrafficPolicy":{},\
            "f:ports":{".":{},"k:{\\"port\\":80,\\"protocol\\":\\"TCP\\"}":{".":{},"f:name":{},"f:port":{},\
            "f:protocol":{},"f:targetPort":{}}},"f:selector":{},"f:sessionAffinity":{},"f:type":{}}""";
    private static final String SLICE_FIELDS = """
            "f:addressType":{},"f:endpoints":{},"f:metadata":{"f:annotations":{".":{},\
            "f:endpoints.kubernetes.io/last-change-trigger-time":{}},"f:generateName":{},"f:labels":{".":{},"f:app":{},\
            "f:endpointslice.kubernetes.io/managed-by":{},"f:kubernetes.io/service-name":{}},\
            "f:ownerReferences":{".":{}}},"f:ports":{}""";

    private final FakeApi api;

    ClusterContent(FakeApi api) {
        this.api = api;
    }

    /** Keeps a Node and {@code services} Services with a slice each. */
    void put(int services) {
        api.put("nodes", LabAddresses.NODE_A, """
                {"kind":"Node","apiVersion":"v1","metadata":{"name":"node-a","uid":"%s","resourceVersion":"VERSION"},\
                "spec":{"podCIDR":"10.244.1.0/24","podCIDRs":["10.244.1.0/24"]},\
                "status":{"addresses":[{"type":"InternalIP","address":"192.168.10.1"},\
                {"type":"Hostname","address":"node-a"}]}}""".formatted(uid("node")));
        for (int i = 0; i < services; i++) {
            putService(i);
            putSlice(i, 0);
        }
    }

    private void putService(int number) {
        String name = "svc-" + number;
        String address = ManyServices.clusterIp(number).toString();
        api.put("services", NAMESPACE + "/" + name, """
                {"kind":"Service","apiVersion":"v1","metadata":{"name":"%1$s","namespace":"%2$s","uid":"%3$s",\
                "resourceVersion":"VERSION","creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"%1$s"},%4$s},\
                "spec":{"ports":[{"name":"http","protocol":"TCP","port":%6$d,"targetPort":8080}],\
                "selector":{"app":"%1$s"},"clusterIP":"%5$s","clusterIPs":["%5$s"],"type":"ClusterIP",\
                "sessionAffinity":"None","ipFamilies":["IPv4"],"ipFamilyPolicy":"SingleStack",\
                "internalTrafficPolicy":"Cluster"},"status":{"loadBalancer":{}}}""".formatted(
                        name,
                        NAMESPACE,
                        uid(name),
                        FIELDS.formatted("kubectl-create", "v1", SERVICE_FIELDS),
                        address,
                        ManyServices.PORT));
    }

    /** Keeps the slice of a Service; another {@code generation} has another last endpoint. */
    void putSlice(int number, int generation) {
        String service = "svc-" + number;
        List<String> endpoints = new ArrayList<>();
        for (int i = 0; i < ManyServices.ENDPOINTS; i++) {
            int host = number * ManyServices.ENDPOINTS + i;
            boolean changed = generation > 0 && i == ManyServices.ENDPOINTS - 1;
            int net = changed ? 100 + generation : 128 + (host >> 16);
            endpoints.add(String.format(
                    Locale.ROOT,
                    "{\"addresses\":[\"10.%d.%d.%d\"],\"conditions\":{\"ready\":true,\"serving\":true,"
                            + "\"terminating\":false},\"nodeName\":\"node-b\"}",
                    net,
                    host >> 8 & 0xff,
                    host & 0xff));
        }
        api.put("endpointslices", NAMESPACE + "/" + service + "-x7k2p", """
                {"kind":"EndpointSlice","apiVersion":"discovery.k8s.io/v1","metadata":{"name":"%1$s-x7k2p",\
                "generateName":"%1$s-","namespace":"%2$s","uid":"%3$s","resourceVersion":"VERSION","generation":1,\
                "creationTimestamp":"2026-01-01T00:00:00Z","labels":{"app":"%1$s",\
                "endpointslice.kubernetes.io/managed-by":"endpointslice-controller.k8s.io",\
                "kubernetes.io/service-name":"%1$s"},\
                "annotations":{"endpoints.kubernetes.io/last-change-trigger-time":"2026-01-01T00:00:00Z"},\
                "ownerReferences":[{"apiVersion":"v1","kind":"Service","name":"%1$s","uid":"%4$s","controller":true,\
                "blockOwnerDeletion":true}],%5$s},"addressType":"IPv4","endpoints":[%6$s],\
                "ports":[{"name":"http","protocol":"TCP","port":8080}]}""".formatted(
                        service,
                        NAMESPACE,
                        uid(service + "-slice"),
                        uid(service),
                        FIELDS.formatted("kube-controller-manager", "discovery.k8s.io/v1", SLICE_FIELDS),
                        String.join(",", endpoints)));
    }

    private static UUID uid(String name) {
        return UUID.nameUUIDFromBytes(name.getBytes(StandardCharsets.UTF_8));
    }
}
