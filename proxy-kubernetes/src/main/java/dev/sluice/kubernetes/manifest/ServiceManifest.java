// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.ServiceReader;
import java.util.List;
import java.util.Optional;

/** Reads a Service from a manifest, checked and defaulted as the API server does before a proxy sees it. */
final class ServiceManifest {
    /** Three hours, in seconds. */
    private static final int AFFINITY_TIMEOUT = 10_800;

    private ServiceManifest() {}

    static ServiceObject read(Fields root) {
        ManifestChecks.name(root);
        Fields spec = root.at("spec");
        for (Fields port : spec.items("ports")) {
            ManifestChecks.port(port, "port");
            if (port.number("nodePort") != 0) {
                ManifestChecks.port(port, "nodePort");
            }
            ManifestChecks.oneOf(port, "protocol", "TCP", "UDP", "SCTP");
        }
        ManifestChecks.oneOf(spec, "type", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName");
        ManifestChecks.oneOf(spec, "externalTrafficPolicy", "Cluster", "Local");
        ManifestChecks.oneOf(spec, "internalTrafficPolicy", "Cluster", "Local");
        ManifestChecks.oneOf(spec, "sessionAffinity", "None", "ClientIP");
        return completed(ServiceReader.read(root));
    }

    private static ServiceObject completed(ServiceObject raw) {
        ServiceObject.Metadata metadata = raw.metadata();
        ServiceName name = new ServiceName(
                or(metadata.name().namespace(), "default"), metadata.name().name());
        String type = or(raw.type(), "ClusterIP");
        boolean external = type.equals("NodePort")
                || type.equals("LoadBalancer")
                || !raw.addresses().externalIps().isEmpty();
        ServiceObject.LoadBalancer loadBalancer = raw.loadBalancer();
        return new ServiceObject(
                new ServiceObject.Metadata(name, metadata.created(), metadata.labels(), metadata.annotations()),
                type,
                completed(raw.addresses()),
                raw.ports().stream().map(ServiceManifest::completed).toList(),
                new ServiceObject.Policies(
                        external
                                ? or(raw.policies().external(), "Cluster")
                                : raw.policies().external(),
                        or(raw.policies().internal(), "Cluster")),
                completed(raw.affinity()),
                new ServiceObject.LoadBalancer(
                        loadBalancer.ingress().stream()
                                .map(ServiceManifest::completed)
                                .toList(),
                        loadBalancer.sourceRanges(),
                        loadBalancer.healthCheckNodePort()));
    }

    private static ServiceObject.Addresses completed(ServiceObject.Addresses raw) {
        List<String> all = raw.clusterIps();
        String clusterIp = raw.clusterIp().isEmpty() && !all.isEmpty() ? all.getFirst() : raw.clusterIp();
        List<String> clusterIps = all.isEmpty() && !clusterIp.isEmpty() ? List.of(clusterIp) : all;
        return new ServiceObject.Addresses(
                clusterIp,
                clusterIps,
                raw.ipFamilies().isEmpty() ? families(clusterIps) : raw.ipFamilies(),
                raw.externalIps());
    }

    private static ServiceObject.Affinity completed(ServiceObject.Affinity raw) {
        String type = or(raw.type(), "None");
        Integer timeout = raw.timeoutSeconds();
        return new ServiceObject.Affinity(
                type, timeout == null && type.equals("ClientIP") ? Integer.valueOf(AFFINITY_TIMEOUT) : timeout);
    }

    private static ServiceObject.Port completed(ServiceObject.Port port) {
        return new ServiceObject.Port(port.name(), or(port.protocol(), "TCP"), port.port(), port.nodePort());
    }

    private static ServiceObject.Ingress completed(ServiceObject.Ingress ingress) {
        String mode = ingress.ip().isEmpty() ? ingress.ipMode() : or(ingress.ipMode(), "VIP");
        return new ServiceObject.Ingress(ingress.ip(), ingress.hostname(), mode);
    }

    /** The families of addresses; none when one of them is invalid, which the core then reports. */
    private static List<String> families(List<String> addresses) {
        List<IpAddress> parsed = addresses.stream()
                .map(IpAddress::parse)
                .flatMap(Optional::stream)
                .toList();
        return parsed.size() == addresses.size()
                ? parsed.stream().map(address -> address.family().label()).toList()
                : List.of();
    }

    private static String or(String value, String otherwise) {
        return value.isEmpty() ? otherwise : value;
    }
}
