// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.read;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ServiceObject;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Reads a Service (core/v1). Sets no defaults: what is absent stays empty. */
public final class ServiceReader {
    private ServiceReader() {}

    /** Reads {@code root}; errors go to the list that {@code root} was made with. */
    public static ServiceObject read(Fields root) {
        ObjectMetadata metadata = ObjectMetadata.of(root);
        Fields spec = root.at("spec");
        return new ServiceObject(
                new ServiceObject.Metadata(
                        new ServiceName(metadata.namespace(), metadata.name()),
                        metadata.created(),
                        metadata.labels(),
                        metadata.annotations()),
                spec.sharedText("type"),
                addresses(spec),
                List.copyOf(
                        spec.items("ports").stream().map(ServiceReader::port).toList()),
                new ServiceObject.Policies(
                        spec.sharedText("externalTrafficPolicy"), spec.sharedText("internalTrafficPolicy")),
                new ServiceObject.Affinity(spec.sharedText("sessionAffinity"), affinityTimeout(spec)),
                loadBalancer(root));
    }

    private static ServiceObject.Addresses addresses(Fields spec) {
        String clusterIp = spec.text("clusterIP");
        return new ServiceObject.Addresses(
                clusterIp,
                sharing(clusterIp, spec.texts("clusterIPs")),
                spec.sharedTexts("ipFamilies"),
                spec.texts("externalIPs"));
    }

    private static ServiceObject.LoadBalancer loadBalancer(Fields root) {
        Fields spec = root.at("spec");
        return new ServiceObject.LoadBalancer(
                List.copyOf(root.at("status").at("loadBalancer").items("ingress").stream()
                        .map(ServiceReader::ingress)
                        .toList()),
                spec.texts("loadBalancerSourceRanges"),
                spec.number("healthCheckNodePort"));
    }

    private static ServiceObject.Port port(Fields port) {
        return new ServiceObject.Port(
                port.sharedText("name"), port.sharedText("protocol"), port.number("port"), port.number("nodePort"));
    }

    private static ServiceObject.Ingress ingress(Fields ingress) {
        return new ServiceObject.Ingress(ingress.text("ip"), ingress.text("hostname"), ingress.sharedText("ipMode"));
    }

    private static @Nullable Integer affinityTimeout(Fields spec) {
        return spec.at("sessionAffinityConfig").at("clientIP").numberOrNull("timeoutSeconds");
    }

    /** Reuses {@code first} for the common list of one address. */
    private static List<String> sharing(String first, List<String> all) {
        return all.size() == 1 && all.getFirst().equals(first) ? List.of(first) : all;
    }
}
