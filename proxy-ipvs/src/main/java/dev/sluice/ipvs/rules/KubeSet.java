// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipset.IpSet;
import java.util.Arrays;

/**
 * The IP sets of ipvs mode, with kube-proxy's names and the comments that its rules carry. Elements are added in this
 * order and removed in the reverse one: an exception is there before the rule that it is an exception to, so that no
 * change drops what was and will be allowed.
 */
public enum KubeSet {
    LOOP_BACK(
            "KUBE-LOOP-BACK",
            IpSet.Type.HASH_IP_PORT_IP,
            "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose"),
    /** The virtual servers of node ports, which distinguish ours from foreign ones after a restart. */
    NODE_PORT_SERVERS("KUBE-IPVS-NODE-PORT", IpSet.Type.HASH_IP_PORT, "virtual servers of node ports"),
    SOURCE_CIDR(
            "KUBE-LOAD-BALANCER-SOURCE-CIDR",
            IpSet.Type.HASH_IP_PORT_NET,
            "Kubernetes service load balancer ip + port + source cidr for packet filter purpose"),
    SOURCE_IP(
            "KUBE-LOAD-BALANCER-SOURCE-IP",
            IpSet.Type.HASH_IP_PORT_IP,
            "Kubernetes service load balancer ip + port + source IP for packet filter purpose"),
    LOAD_BALANCER_FW(
            "KUBE-LOAD-BALANCER-FW",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service load balancer ip + port for load balancer with sourceRange"),
    /**
     * Addresses and ports of SCTP without endpoints: the kernel's own refusal of a virtual server does not end a
     * handshake.
     */
    NO_ENDPOINTS(
            "KUBE-SCTP-NO-ENDPOINTS",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service ip + port of SCTP without endpoints"),
    /** Addresses and ports under a Local policy that leaves out endpoints which the node and its Pods may reach. */
    SHORT_CIRCUIT(
            "KUBE-SHORT-CIRCUIT",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service external ip + port with endpoints on other nodes too"),
    /** Those of {@link #UNBOUND} that are not masqueraded, but for the node's own traffic. */
    UNBOUND_LOCAL(
            "KUBE-UNBOUND-LOCAL",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service external ip + port of another host with externalTrafficPolicy=local"),
    /** Addresses and ports of Services whose address belongs to another node or an endpoint, and so is not bound. */
    UNBOUND("KUBE-UNBOUND", IpSet.Type.HASH_IP_PORT, "Kubernetes service external ip + port of another host"),
    /** Addresses and ports under a Local policy that leaves no endpoint to any client. */
    DROP_INTERNAL(
            "KUBE-DROP-INTERNAL",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service cluster ip + port without local endpoints"),
    /** Addresses and ports under a Local policy that leaves no endpoint to traffic from outside. */
    DROP_EXTERNAL(
            "KUBE-DROP-EXTERNAL",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service external ip + port without local endpoints"),
    CLUSTER_IP(
            "KUBE-CLUSTER-IP", IpSet.Type.HASH_IP_PORT, "Kubernetes service cluster ip + port for masquerade purpose"),
    EXTERNAL_IP_LOCAL(
            "KUBE-EXTERNAL-IP-LOCAL",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service external ip + port with externalTrafficPolicy=local"),
    EXTERNAL_IP(
            "KUBE-EXTERNAL-IP",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service external ip + port for masquerade and filter purpose"),
    LOAD_BALANCER_LOCAL(
            "KUBE-LOAD-BALANCER-LOCAL",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes service load balancer ip + port with externalTrafficPolicy=local"),
    LOAD_BALANCER("KUBE-LOAD-BALANCER", IpSet.Type.HASH_IP_PORT, "Kubernetes service lb portal"),
    NODE_PORT_LOCAL_TCP(
            "KUBE-NODE-PORT-LOCAL-TCP",
            IpSet.Type.BITMAP_PORT,
            "Kubernetes nodeport TCP port with externalTrafficPolicy=local"),
    NODE_PORT_TCP("KUBE-NODE-PORT-TCP", IpSet.Type.BITMAP_PORT, "Kubernetes nodeport TCP port for masquerade purpose"),
    NODE_PORT_LOCAL_UDP(
            "KUBE-NODE-PORT-LOCAL-UDP",
            IpSet.Type.BITMAP_PORT,
            "Kubernetes nodeport UDP port with externalTrafficPolicy=local"),
    NODE_PORT_UDP("KUBE-NODE-PORT-UDP", IpSet.Type.BITMAP_PORT, "Kubernetes nodeport UDP port for masquerade purpose"),
    NODE_PORT_LOCAL_SCTP(
            "KUBE-NODE-PORT-LOCAL-SCTP-HASH",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type 'hash ip:port'"),
    NODE_PORT_SCTP(
            "KUBE-NODE-PORT-SCTP-HASH",
            IpSet.Type.HASH_IP_PORT,
            "Kubernetes nodeport SCTP port for masquerade purpose with type 'hash ip:port'"),
    HEALTH_CHECK("KUBE-HEALTH-CHECK-NODE-PORT", IpSet.Type.BITMAP_PORT, "Kubernetes health check node port"),
    IPVS_IPS("KUBE-IPVS-IPS", IpSet.Type.HASH_IP, "Kubernetes service addresses on kube-ipvs0");

    /** The kernel's IPSET_MAXNAMELEN without the final NUL. */
    private static final int LONGEST_NAME = 31;

    private final String nameV4;
    private final IpSet.Type type;
    private final String comment;

    KubeSet(String name, IpSet.Type type, String comment) {
        nameV4 = name;
        this.type = type;
        this.comment = comment;
    }

    /** The set that {@code set} is in its family. */
    public static KubeSet of(IpSet set) {
        return Arrays.stream(values())
                .filter(each -> each.in(set.family()).equals(set))
                .findFirst()
                .orElseThrow(() -> new IllegalStateException("no set of ipvs mode: " + set.name()));
    }

    public IpSet in(IpFamily family) {
        return IpSet.of(nameIn(family), type, family);
    }

    /** The set's name: each family has sets of its own. */
    public String nameIn(IpFamily family) {
        if (family == IpFamily.IPV4) {
            return nameV4;
        }
        String name = "KUBE-6-" + nameV4.substring("KUBE-".length());
        return name.substring(0, Math.min(LONGEST_NAME, name.length()));
    }

    public IpSet.Type type() {
        return type;
    }

    String comment() {
        return comment;
    }

    /** Whether kube-proxy's ipvs mode has a set of that name too. */
    public boolean isShared() {
        return switch (this) {
            case NODE_PORT_SERVERS, NO_ENDPOINTS, SHORT_CIRCUIT, UNBOUND_LOCAL, UNBOUND, DROP_INTERNAL, DROP_EXTERNAL ->
                false;
            default -> true;
        };
    }

    /** Whether the elements are bare numbers of node ports, whatever the address. */
    public boolean isOfNodePorts() {
        return type == IpSet.Type.BITMAP_PORT && this != HEALTH_CHECK;
    }
}
