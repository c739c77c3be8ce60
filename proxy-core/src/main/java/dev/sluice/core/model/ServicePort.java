package dev.sluice.core.model;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One port of one Service in one address family, parsed and validated: everything a mode needs in order to program it,
 * apart from its endpoints. All addresses are of the family of {@link #clusterIp}.
 *
 * @param port the port on the cluster, external and load balancer addresses, 1 to 65535
 * @param nodePort 0 when there is none, or when another Service holds that number
 * @param externalPolicyLocal {@code externalTrafficPolicy: Local}, and the Service is externally accessible by its spec
 * @param affinitySeconds the time-out of {@code sessionAffinity: ClientIP} in seconds, 0 for no affinity
 * @param sourceRanges who may use the load balancer addresses; empty means everybody
 * @param loadBalancerVips the ingress addresses that this node is to handle ({@code ipMode} absent or {@code VIP})
 * @param healthCheckNodePort 0 when there is none
 * @param annotations those whose keys begin with {@code sluice.dev/}
 */
public record ServicePort(
        ServicePortName name,
        IpAddress clusterIp,
        int port,
        int nodePort,
        boolean externalPolicyLocal,
        boolean internalPolicyLocal,
        int affinitySeconds,
        List<IpAddress> externalIps,
        List<Cidr> sourceRanges,
        List<IpAddress> loadBalancerVips,
        int healthCheckNodePort,
        Map<String, String> annotations) {

    /** The time-out of a Service with affinity that names none: three hours. */
    public static final int DEFAULT_AFFINITY_SECONDS = 10_800;

    /** The longest time-out that the API admits: one day. */
    public static final int MAX_AFFINITY_SECONDS = 86_400;

    public ServicePort {
        externalIps = List.copyOf(externalIps);
        sourceRanges = List.copyOf(sourceRanges);
        loadBalancerVips = List.copyOf(loadBalancerVips);
        annotations = Map.copyOf(annotations);
    }

    /** This port without what another Service holds. */
    public ServicePort without(boolean nodePortLost, Set<IpAddress> addressesLost) {
        if (!nodePortLost && addressesLost.isEmpty()) {
            return this;
        }
        return new ServicePort(
                name,
                clusterIp,
                port,
                nodePortLost ? 0 : nodePort,
                externalPolicyLocal,
                internalPolicyLocal,
                affinitySeconds,
                externalIps.stream().filter(a -> !addressesLost.contains(a)).toList(),
                sourceRanges,
                loadBalancerVips.stream()
                        .filter(a -> !addressesLost.contains(a))
                        .toList(),
                healthCheckNodePort,
                annotations);
    }

    /** The weight of endpoints whose slice gives none. */
    public int defaultWeight() {
        return Weight.of(annotations, Weight.DEFAULT);
    }

    public IpFamily family() {
        return clusterIp.family();
    }

    public Protocol protocol() {
        return name.protocol();
    }

    public boolean hasAffinity() {
        return affinitySeconds > 0;
    }

    /** Whether anything but the cluster address leads here. */
    public boolean externallyAccessible() {
        return nodePort != 0 || !loadBalancerVips.isEmpty() || !externalIps.isEmpty();
    }

    public boolean usesClusterEndpoints() {
        return !internalPolicyLocal || externallyAccessible();
    }

    public boolean usesLocalEndpoints() {
        return internalPolicyLocal || (externalPolicyLocal && externallyAccessible());
    }
}
