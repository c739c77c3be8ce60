// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.testkit.api.FakeApi;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/**
 * Prints the heap that a Service with an EndpointSlice of five endpoints takes: what the source itself keeps, or that
 * and the objects that it delivered. {@code serve N} is the API server, in a process of its own so that its heap does
 * not count, until its input ends; {@code source URL N} and {@code objects URL N} measure.
 */
final class HeapFootprint {
    private HeapFootprint() {}

    public static void main(String[] arguments) throws IOException, ApiConfigException, InterruptedException {
        if (arguments[0].equals("serve")) {
            serve(Integer.parseInt(arguments[1]));
        } else {
            int services = Integer.parseInt(arguments[2]);
            report(arguments[0], services, measure(arguments[1], new Kept(arguments[0].equals("objects"))));
        }
    }

    private static void serve(int services) throws IOException {
        try (FakeApi api = new FakeApi(0, 1)) {
            for (int i = 0; i < services; i++) {
                api.put("services", "web-" + i, service(i));
                api.put("endpointslices", "web-" + i, slice(i));
            }
            System.out.println(api.url());
            while (System.in.read() >= 0) {
                System.out.flush();
            }
        }
    }

    private static void report(String what, int services, long bytes) {
        System.out.printf(
                "%s: %d Services take %d KiB, %d bytes each%n", what, services, bytes / 1024, bytes / services);
    }

    private static long measure(String url, Kept kept) throws ApiConfigException, InterruptedException {
        try (ApiConnection connection = ApiConnection.open(new ApiOptions(null, url, "sluice/test"));
                ApiServerSource source = new ApiServerSource(connection, "node-a")) {
            long before = used();
            source.start(kept);
            kept.synced.await();
            long after = used();
            if (kept.objects.isEmpty()) {
                throw new IllegalStateException("nothing came");
            }
            return after - before;
        }
    }

    private static long used() throws InterruptedException {
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            Thread.sleep(200);
            least = Math.min(
                    least,
                    ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        }
        return least;
    }

    private static String service(int i) {
        return """
                {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web-%1$d", "namespace": "shop-%2$d",
                 "uid": "0f3b2c1e-5a77-4c0d-9c1e-%1$012d", "resourceVersion": "VERSION",
                 "creationTimestamp": "2026-01-01T00:00:00Z", "labels": {"app": "web", "team": "shop"},
                 "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "%3$s"},
                 "managedFields": [{"manager": "kubectl", "operation": "Update", "apiVersion": "v1",
                 "fieldsType": "FieldsV1", "fieldsV1": {"f:spec": {"f:ports": {"k:{}": {"f:port": {}}}}}}]},
                 "spec": {"type": "ClusterIP", "clusterIP": "10.96.%4$d.%5$d", "clusterIPs": ["10.96.%4$d.%5$d"],
                 "ipFamilies": ["IPv4"], "ipFamilyPolicy": "SingleStack", "internalTrafficPolicy": "Cluster",
                 "sessionAffinity": "None", "selector": {"app": "web"},
                 "ports": [{"name": "http", "protocol": "TCP", "port": 80, "targetPort": 8080}]},
                 "status": {"loadBalancer": {}}}
                """.formatted(i, i % 50, "x".repeat(400), i / 250, i % 250 + 1);
    }

    private static String slice(int i) {
        StringBuilder endpoints = new StringBuilder();
        for (int j = 0; j < 5; j++) {
            endpoints.append(j == 0 ? "" : ",").append("""
                            {"addresses": ["10.%1$d.%2$d.%3$d"], "nodeName": "node-%4$d", "zone": "zone-1",
                             "conditions": {"ready": true, "serving": true, "terminating": false},
                             "targetRef": {"kind": "Pod", "namespace": "shop", "name": "web-%5$d-%3$d",
                             "uid": "5e1d7f00-0000-4000-8000-%6$012d"}}
                            """.formatted(
                            i / 10_000 + 1, i / 50, i % 50 * 5 + j, j, i, i * 5 + j));
        }
        return """
                {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "metadata": {"name": "web-%1$d-abcde",
                 "namespace": "shop-%2$d", "uid": "7a3b2c1e-5a77-4c0d-9c1e-%1$012d", "resourceVersion": "VERSION",
                 "labels": {"kubernetes.io/service-name": "web-%1$d", "app": "web",
                 "endpointslice.kubernetes.io/managed-by": "endpointslice-controller.k8s.io"},
                 "ownerReferences": [{"apiVersion": "v1", "kind": "Service", "name": "web-%1$d", "uid": "u"}]},
                 "addressType": "IPv4", "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
                 "endpoints": [%3$s]}
                """.formatted(i, i % 50, endpoints);
    }

    /** Keeps what is delivered, or only counts it. */
    private static final class Kept implements ClusterListener {
        private final boolean keeping;
        private final Map<String, Object> objects = new ConcurrentHashMap<>();
        private final CountDownLatch synced = new CountDownLatch((int)
                Stream.of(ResourceKind.values()).filter(ResourceKind::isNeeded).count());

        private Kept(boolean keeping) {
            this.keeping = keeping;
        }

        private void keep(String key, Object object) {
            objects.put(keeping ? key : "last", object);
        }

        @Override
        public void accept(ClusterEvent event) {
            switch (event) {
                case ClusterEvent.ServiceUpdated(ServiceObject service) -> keep("s" + service.name(), service);
                case ClusterEvent.EndpointSliceUpdated(EndpointSliceObject slice) -> keep("e" + slice.name(), slice);
                case ClusterEvent.Listed listed -> synced.countDown();
                case ClusterEvent.SourceProblems(List<Problem> problems) ->
                    throw new IllegalStateException(new TreeMap<>(Map.of("problems", problems)).toString());
                default -> {
                    // deletions and the Node take no heap
                }
            }
        }
    }
}
