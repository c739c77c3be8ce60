// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

import dev.sluice.core.model.ServiceName;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A Service as the API delivers it (core/v1), reduced to what the proxy reads and not yet parsed. Absent texts are
 * empty, absent numbers 0, absent lists empty, unless the difference matters.
 *
 * @param type {@code ClusterIP}, {@code NodePort}, {@code LoadBalancer} or {@code ExternalName}
 */
public record ServiceObject(
        Metadata metadata,
        String type,
        Addresses addresses,
        List<Port> ports,
        Policies policies,
        Affinity affinity,
        LoadBalancer loadBalancer) {

    public ServiceName name() {
        return metadata.name();
    }

    public String clusterIp() {
        return addresses.clusterIp();
    }

    public Map<String, String> labels() {
        return metadata.labels();
    }

    public Map<String, String> annotations() {
        return metadata.annotations();
    }

    /** The same Service without its external IPs. */
    public ServiceObject withoutExternalIps() {
        return addresses.externalIps().isEmpty()
                ? this
                : new ServiceObject(
                        metadata, type, addresses.withoutExternalIps(), ports, policies, affinity, loadBalancer);
    }

    /**
     * The {@code metadata}.
     *
     * @param created {@code creationTimestamp} in milliseconds since 1970, 0 when absent; decides between Services that
     *     request the same address and port
     * @param labels only those that {@link Selection} reads
     * @param annotations only those whose keys begin with {@code sluice.dev/}
     */
    public record Metadata(
            ServiceName name, long created, Map<String, String> labels, Map<String, String> annotations) {}

    /**
     * The fields of {@code spec} that say at which addresses the Service is reached, those of a load balancer apart.
     */
    public record Addresses(
            String clusterIp, List<String> clusterIps, List<String> ipFamilies, List<String> externalIps) {

        Addresses withoutExternalIps() {
            return new Addresses(clusterIp, clusterIps, ipFamilies, List.of());
        }
    }

    /** One entry of {@code spec.ports}. */
    public record Port(String name, String protocol, int port, int nodePort) {}

    /** {@code spec.externalTrafficPolicy} and {@code spec.internalTrafficPolicy}. */
    public record Policies(String external, String internal) {}

    /**
     * {@code spec.sessionAffinity} and its configuration.
     *
     * @param type {@code ClientIP} or {@code None}
     * @param timeoutSeconds null when absent
     */
    public record Affinity(String type, @Nullable Integer timeoutSeconds) {}

    /** What concerns the Service's load balancer. */
    public record LoadBalancer(List<Ingress> ingress, List<String> sourceRanges, int healthCheckNodePort) {}

    /** One entry of {@code status.loadBalancer.ingress}. */
    public record Ingress(String ip, String hostname, String ipMode) {}
}
