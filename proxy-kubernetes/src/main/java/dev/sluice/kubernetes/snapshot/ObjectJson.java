// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The parts of objects in the API's shape: the inverse of the readers in {@code read}. */
final class ObjectJson {
    private static final String ZONE_LABEL = "topology.kubernetes.io/zone";

    /** Only its presence is read. */
    private static final String SOME_TIME = "1970-01-01T00:00:00Z";

    private ObjectJson() {}

    /** One entry of a Node's {@code status.addresses}. */
    record NodeAddress(String type, String address) {}

    /** The time of {@code millis} since 1970, empty for 0. */
    static String time(long millis) {
        return millis == 0 ? "" : Instant.ofEpochMilli(millis).toString();
    }

    static void spec(JsonLine spec, ServiceObject service) {
        ServiceObject.Addresses addresses = service.addresses();
        spec.text("type", service.type())
                .text("clusterIP", addresses.clusterIp())
                .texts("clusterIPs", addresses.clusterIps())
                .texts("ipFamilies", addresses.ipFamilies())
                .texts("externalIPs", addresses.externalIps())
                .objects(
                        "ports",
                        service.ports(),
                        (port, value) -> port.text("name", value.name())
                                .text("protocol", value.protocol())
                                .number("port", value.port())
                                .number("nodePort", value.nodePort()))
                .text("externalTrafficPolicy", service.policies().external())
                .text("internalTrafficPolicy", service.policies().internal())
                .text("sessionAffinity", service.affinity().type());
        Integer timeout = service.affinity().timeoutSeconds();
        if (timeout != null) {
            spec.object(
                    "sessionAffinityConfig",
                    config -> config.object("clientIP", client -> client.numberOrNull("timeoutSeconds", timeout)));
        }
        spec.texts("loadBalancerSourceRanges", service.loadBalancer().sourceRanges())
                .number("healthCheckNodePort", service.loadBalancer().healthCheckNodePort());
    }

    static void status(JsonLine status, ServiceObject service) {
        List<ServiceObject.Ingress> ingress = service.loadBalancer().ingress();
        if (!ingress.isEmpty()) {
            status.object(
                    "loadBalancer",
                    balancer -> balancer.objects(
                            "ingress",
                            ingress,
                            (entry, value) -> entry.text("ip", value.ip())
                                    .text("hostname", value.hostname())
                                    .text("ipMode", value.ipMode())));
        }
    }

    static Map<String, String> lastingAnnotations(EndpointSliceObject slice) {
        Map<String, String> lasting = new HashMap<>(slice.annotations());
        lasting.remove(EndpointSliceObject.TRIGGER_TIME_ANNOTATION);
        return lasting;
    }

    static void endpoint(JsonLine endpoint, EndpointSliceObject.Address value) {
        endpoint.texts("addresses", value.addresses())
                .object(
                        "conditions",
                        conditions -> conditions
                                .flag("ready", value.ready())
                                .flag("serving", value.serving())
                                .flag("terminating", value.terminating()))
                .textOrNull("nodeName", value.nodeName());
        if (!value.zoneHints().isEmpty() || !value.nodeHints().isEmpty()) {
            endpoint.object(
                    "hints",
                    hints -> hints.objects("forZones", value.zoneHints(), (hint, name) -> hint.textOrNull("name", name))
                            .objects("forNodes", value.nodeHints(), (hint, name) -> hint.textOrNull("name", name)));
        }
        if (!value.target().isEmpty()) {
            endpoint.object("targetRef", target -> target.text("uid", value.target()));
        }
    }

    static void metadata(JsonLine metadata, NodeObject node) {
        metadata.text("name", node.name())
                .entries("labels", node.zone().isEmpty() ? Map.of() : Map.of(ZONE_LABEL, node.zone()))
                .text("deletionTimestamp", node.deleting() ? SOME_TIME : "");
    }

    static List<NodeAddress> addresses(NodeObject node) {
        return Stream.concat(
                        node.internalIps().stream().map(address -> new NodeAddress("InternalIP", address)),
                        node.externalIps().stream().map(address -> new NodeAddress("ExternalIP", address)))
                .toList();
    }
}
