package dev.sluice.core.source;

import dev.sluice.core.model.ServiceName;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Service as the API says it (core/v1), cut down to what the proxy reads and not yet parsed. Absent texts are empty,
 * absent numbers 0, absent lists empty, unless the difference matters.
 *
 * @param type {@code ClusterIP}, {@code NodePort}, {@code LoadBalancer} or {@code ExternalName}
 * @param created {@code metadata.creationTimestamp} in milliseconds since 1970, 0 when absent; decides between Services
 *     that claim the same address and port
 * @param labels only those that {@link Selection} reads
 * @param annotations only those whose keys begin with {@code sluice.dev/}
 * @param affinityTimeoutSeconds null when absent
 */
public record ServiceObject(
        ServiceName name,
        long created,
        String type,
        String clusterIp,
        List<String> clusterIps,
        List<String> ipFamilies,
        List<Port> ports,
        List<String> externalIps,
        String externalTrafficPolicy,
        String internalTrafficPolicy,
        String sessionAffinity,
        @Nullable Integer affinityTimeoutSeconds,
        List<String> loadBalancerSourceRanges,
        List<Ingress> ingress,
        int healthCheckNodePort,
        Map<String, String> labels,
        Map<String, String> annotations) {

    /** The same Service without its external IPs. */
    public ServiceObject withoutExternalIps() {
        return externalIps.isEmpty()
                ? this
                : new ServiceObject(
                        name,
                        created,
                        type,
                        clusterIp,
                        clusterIps,
                        ipFamilies,
                        ports,
                        List.of(),
                        externalTrafficPolicy,
                        internalTrafficPolicy,
                        sessionAffinity,
                        affinityTimeoutSeconds,
                        loadBalancerSourceRanges,
                        ingress,
                        healthCheckNodePort,
                        labels,
                        annotations);
    }

    /** One entry of {@code spec.ports}. */
    public record Port(String name, String protocol, int port, int nodePort) {}

    /** One entry of {@code status.loadBalancer.ingress}. */
    public record Ingress(String ip, String hostname, String ipMode) {}
}
