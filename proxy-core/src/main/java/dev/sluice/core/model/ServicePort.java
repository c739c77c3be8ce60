// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
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
 * apart from its endpoints.
 *
 * @param port the port on the cluster, external and load balancer addresses, 1 to 65535
 * @param nodePort 0 when there is none, or when another Service holds that number
 * @param annotations those whose keys begin with {@code sluice.dev/}
 */
public record ServicePort(
        ServicePortName name,
        int port,
        int nodePort,
        Addresses addresses,
        Policies policies,
        Map<String, String> annotations) {

    /** The time-out of a Service with affinity that names none: three hours. */
    public static final int DEFAULT_AFFINITY_SECONDS = 10_800;

    /** The longest time-out that the API admits: one day. */
    public static final int MAX_AFFINITY_SECONDS = 86_400;

    public ServicePort {
        annotations = Map.copyOf(annotations);
    }

    /**
     * The addresses of a Service in one family; its ports share them.
     *
     * @param loadBalancerVips the ingress addresses that this node handles ({@code ipMode} absent or {@code VIP})
     * @param sourceRanges the clients that may use the load balancer addresses; empty means everybody
     * @param owners who else has external and load balancer addresses; empty where no mode needs to know
     */
    public record Addresses(
            IpAddress clusterIp,
            List<IpAddress> externalIps,
            List<IpAddress> loadBalancerVips,
            List<Cidr> sourceRanges,
            Map<IpAddress, AddressOwner> owners) {

        public Addresses {
            externalIps = List.copyOf(externalIps);
            loadBalancerVips = List.copyOf(loadBalancerVips);
            sourceRanges = List.copyOf(sourceRanges);
            owners = Map.copyOf(owners);
        }

        /** Addresses that nobody else has. */
        public Addresses(
                IpAddress clusterIp,
                List<IpAddress> externalIps,
                List<IpAddress> loadBalancerVips,
                List<Cidr> sourceRanges) {
            this(clusterIp, externalIps, loadBalancerVips, sourceRanges, Map.of());
        }

        /** A cluster address and no other. */
        public static Addresses of(IpAddress clusterIp) {
            return new Addresses(clusterIp, List.of(), List.of(), List.of());
        }

        /** These addresses without external and load balancer addresses that are {@code lost} to another Service. */
        Addresses without(Set<IpAddress> lost) {
            return new Addresses(
                    clusterIp, remaining(externalIps, lost), remaining(loadBalancerVips, lost), sourceRanges, owners);
        }

        private static List<IpAddress> remaining(List<IpAddress> addresses, Set<IpAddress> lost) {
            return addresses.stream().filter(a -> !lost.contains(a)).toList();
        }
    }

    /**
     * How a Service treats its traffic; its ports share it.
     *
     * @param externalLocal {@code externalTrafficPolicy: Local}, and the Service is externally accessible by its spec
     * @param internalLocal {@code internalTrafficPolicy: Local}
     * @param affinitySeconds the time-out of {@code sessionAffinity: ClientIP} in seconds, 0 for no affinity
     * @param healthCheckNodePort where a load balancer asks for this node's endpoints, 0 for none
     */
    public record Policies(boolean externalLocal, boolean internalLocal, int affinitySeconds, int healthCheckNodePort) {
        /** Both policies Cluster, no affinity. */
        public static final Policies DEFAULT = new Policies(false, false, 0, 0);
    }

    /** This port without what another Service holds. */
    public ServicePort without(boolean nodePortLost, Set<IpAddress> addressesLost) {
        if (!nodePortLost && addressesLost.isEmpty()) {
            return this;
        }
        return new ServicePort(
                name,
                port,
                nodePortLost ? 0 : nodePort,
                addressesLost.isEmpty() ? addresses : addresses.without(addressesLost),
                policies,
                annotations);
    }

    /** This port with what is known of the other owners of its addresses. */
    public ServicePort withOwners(Map<IpAddress, AddressOwner> owners) {
        if (owners.equals(addresses.owners)) {
            return this;
        }
        Addresses owned = new Addresses(clusterIp(), externalIps(), loadBalancerVips(), sourceRanges(), owners);
        return new ServicePort(name, port, nodePort, owned, policies, annotations);
    }

    /** The weight of endpoints whose slice has none. */
    public int defaultWeight() {
        return Weight.of(annotations, Weight.DEFAULT);
    }

    /** The family of all its addresses. */
    public IpFamily family() {
        return clusterIp().family();
    }

    public Protocol protocol() {
        return name.protocol();
    }

    public IpAddress clusterIp() {
        return addresses.clusterIp();
    }

    public List<IpAddress> externalIps() {
        return addresses.externalIps();
    }

    public List<IpAddress> loadBalancerVips() {
        return addresses.loadBalancerVips();
    }

    public List<Cidr> sourceRanges() {
        return addresses.sourceRanges();
    }

    public boolean externalPolicyLocal() {
        return policies.externalLocal();
    }

    public boolean internalPolicyLocal() {
        return policies.internalLocal();
    }

    public int affinitySeconds() {
        return policies.affinitySeconds();
    }

    public int healthCheckNodePort() {
        return policies.healthCheckNodePort();
    }

    /** The portal at {@code address}, one of the Service's. */
    public Portal.Address portal(IpAddress address) {
        return new Portal.Address(protocol(), address, port);
    }

    public boolean hasAffinity() {
        return affinitySeconds() > 0;
    }

    /** Whether anything but the cluster address leads here. */
    public boolean externallyAccessible() {
        return nodePort != 0 || !loadBalancerVips().isEmpty() || !externalIps().isEmpty();
    }

    public boolean usesClusterEndpoints() {
        return !internalPolicyLocal() || externallyAccessible();
    }

    public boolean usesLocalEndpoints() {
        return internalPolicyLocal() || (externalPolicyLocal() && externallyAccessible());
    }
}
