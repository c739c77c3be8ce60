// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import dev.sluice.core.kernel.ObjectKind;
import java.util.Set;

/** The chains that exist whatever Services there are, as kube-proxy 1.36 names them. */
public final class SharedChains {
    public static final String NAT = "nat";
    public static final String FILTER = "filter";
    public static final ObjectKind NAT_RULES = ObjectKind.rules("iptables.nat.rules", NAT);
    public static final ObjectKind FILTER_RULES = ObjectKind.rules("iptables.filter.rules", FILTER);

    /** In nat: dispatch by cluster, external and load balancer address. In filter: refusals of cluster addresses. */
    public static final String SERVICES = "KUBE-SERVICES";

    /** In nat: dispatch by node port. In filter: accepts health check node ports. */
    public static final String NODE_PORTS = "KUBE-NODEPORTS";

    /** In nat: masquerades marked packets. */
    static final String POSTROUTING = "KUBE-POSTROUTING";

    /** In nat: marks for masquerading. */
    static final String MARK_MASQ = "KUBE-MARK-MASQ";

    /** In filter: refusals of external and load balancer addresses and node ports. */
    static final String EXTERNAL_SERVICES = "KUBE-EXTERNAL-SERVICES";

    /** In filter: accepts forwarded Service traffic, drops what conntrack calls invalid. */
    public static final String FORWARD = "KUBE-FORWARD";

    /** In filter: drops load balancer traffic from outside the source ranges. */
    static final String PROXY_FIREWALL = "KUBE-PROXY-FIREWALL";

    /** In filter: keeps neighbours from reaching 127.0.0.0/8; shared with kubelet. */
    public static final String FIREWALL = "KUBE-FIREWALL";

    /** The shared chains of nat. */
    public static final Set<String> IN_NAT = Set.of(SERVICES, NODE_PORTS, POSTROUTING, MARK_MASQ);

    /** The shared chains of filter, without {@link #FIREWALL}. */
    public static final Set<String> IN_FILTER =
            Set.of(SERVICES, EXTERNAL_SERVICES, NODE_PORTS, FORWARD, PROXY_FIREWALL);

    private SharedChains() {}
}
