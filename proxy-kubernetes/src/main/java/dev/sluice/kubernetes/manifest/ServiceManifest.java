package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.kubernetes.read.Fields;
import dev.sluice.kubernetes.read.ServiceReader;
import java.util.List;
import java.util.Optional;

/** A Service of a manifest: as the API server would check and complete it before a proxy sees it. */
final class ServiceManifest {
    /** Three hours, in seconds. */
    private static final int AFFINITY_TIMEOUT = 10_800;

    private ServiceManifest() {}

    static ServiceObject read(Fields root) {
        Required.name(root);
        Fields spec = root.at("spec");
        for (Fields port : spec.items("ports")) {
            Required.port(port, "port");
            if (port.number("nodePort") != 0) {
                Required.port(port, "nodePort");
            }
            Required.oneOf(port, "protocol", "TCP", "UDP", "SCTP");
        }
        Required.oneOf(spec, "type", "ClusterIP", "NodePort", "LoadBalancer", "ExternalName");
        Required.oneOf(spec, "externalTrafficPolicy", "Cluster", "Local");
        Required.oneOf(spec, "internalTrafficPolicy", "Cluster", "Local");
        Required.oneOf(spec, "sessionAffinity", "None", "ClientIP");
        return completed(ServiceReader.read(root));
    }

    private static ServiceObject completed(ServiceObject raw) {
        String type = or(raw.type(), "ClusterIP");
        String clusterIp = raw.clusterIp().isEmpty() && !raw.clusterIps().isEmpty()
                ? raw.clusterIps().getFirst()
                : raw.clusterIp();
        List<String> clusterIps =
                raw.clusterIps().isEmpty() && !clusterIp.isEmpty() ? List.of(clusterIp) : raw.clusterIps();
        boolean external = type.equals("NodePort")
                || type.equals("LoadBalancer")
                || !raw.externalIps().isEmpty();
        String affinity = or(raw.sessionAffinity(), "None");
        Integer timeout = raw.affinityTimeoutSeconds();
        return new ServiceObject(
                new ServiceName(
                        or(raw.name().namespace(), "default"), raw.name().name()),
                raw.created(),
                type,
                clusterIp,
                clusterIps,
                raw.ipFamilies().isEmpty() ? families(clusterIps) : raw.ipFamilies(),
                raw.ports().stream().map(ServiceManifest::completed).toList(),
                raw.externalIps(),
                external ? or(raw.externalTrafficPolicy(), "Cluster") : raw.externalTrafficPolicy(),
                or(raw.internalTrafficPolicy(), "Cluster"),
                affinity,
                timeout == null && affinity.equals("ClientIP") ? Integer.valueOf(AFFINITY_TIMEOUT) : timeout,
                raw.loadBalancerSourceRanges(),
                raw.ingress().stream().map(ServiceManifest::completed).toList(),
                raw.healthCheckNodePort(),
                raw.labels(),
                raw.annotations());
    }

    private static ServiceObject.Port completed(ServiceObject.Port port) {
        return new ServiceObject.Port(port.name(), or(port.protocol(), "TCP"), port.port(), port.nodePort());
    }

    private static ServiceObject.Ingress completed(ServiceObject.Ingress ingress) {
        String mode = ingress.ip().isEmpty() ? ingress.ipMode() : or(ingress.ipMode(), "VIP");
        return new ServiceObject.Ingress(ingress.ip(), ingress.hostname(), mode);
    }

    /** The families of addresses; none when one of them is no address, which the core then says. */
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
