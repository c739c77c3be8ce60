// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipset.SetEntry.IpPort;
import dev.sluice.linux.ipset.SetEntry.IpPortNet;
import dev.sluice.userspace.routing.PortalScope;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * The redirection of one service port: how the kernel leads its traffic to the proxy, refuses it, or drops it.
 *
 * @param portals with their policies
 * @param elements the set elements that stand for them
 */
public record PortRedirection(
        ServicePortName name, IpFamily family, Map<Portal, PortalPolicy> portals, Set<PortalElement> elements) {

    /** Renders {@code port}. */
    public static PortRedirection of(ResolvedPort port) {
        ServicePort service = port.service();
        PortalPolicy internal = new PortalPolicy(PortalScope.INTERNAL, internalAccess(port));
        PortalPolicy external = new PortalPolicy(PortalScope.EXTERNAL, externalAccess(port));
        Map<Portal, PortalPolicy> portals = new LinkedHashMap<>();
        portals.put(service.portal(service.clusterIp()), internal);
        Portal.of(service).forEach(portal -> portals.putIfAbsent(portal, external));
        return new PortRedirection(port.name(), port.family(), portals, elements(service, portals));
    }

    private static PortalAccess internalAccess(ResolvedPort port) {
        return switch (port.internalDisposition()) {
            case FORWARD -> PortalAccess.OPEN;
            case DROP -> PortalAccess.DROPPED;
            case REJECT -> PortalAccess.REFUSED;
        };
    }

    private static PortalAccess externalAccess(ResolvedPort port) {
        return switch (port.externalDisposition()) {
            case FORWARD -> PortalAccess.OPEN;
            case DROP -> port.endpoints().cluster().isEmpty() ? PortalAccess.DROPPED : PortalAccess.NODE_ONLY;
            case REJECT -> PortalAccess.REFUSED;
        };
    }

    private static Set<PortalElement> elements(ServicePort service, Map<Portal, PortalPolicy> portals) {
        IpFamily family = service.family();
        Set<PortalElement> elements = new LinkedHashSet<>();
        portals.forEach((portal, policy) -> elements.add(
                switch (portal) {
                    case Portal.Address a ->
                        new PortalElement(
                                PortalSets.addresses(family, policy.access()),
                                new IpPort(a.address(), a.protocol(), a.port()));
                    case Portal.NodePort n ->
                        new PortalElement(
                                PortalSets.nodePorts(family, n.protocol(), policy.access()),
                                new SetEntry.Port(n.port()));
                }));
        if (!service.sourceRanges().isEmpty()) {
            service.loadBalancerVips().forEach(vip -> elements.addAll(fence(service, vip)));
        }
        return elements;
    }

    private static Set<PortalElement> fence(ServicePort service, IpAddress vip) {
        Set<PortalElement> elements = new LinkedHashSet<>();
        // the allowed clients are added first, so that none of them is ever locked out
        for (Cidr range : service.sourceRanges()) {
            elements.add(new PortalElement(
                    PortalSets.allowed(service.family()),
                    new IpPortNet(vip, service.protocol(), service.port(), range)));
        }
        elements.add(new PortalElement(
                PortalSets.fenced(service.family()), new IpPort(vip, service.protocol(), service.port())));
        return elements;
    }

    /**
     * Whether conntrack entries of its portals may lead to the proxy. Those of portals that drop may: their clients of
     * a moment ago are still led to it, and are dropped there.
     */
    public boolean admits() {
        return portals.values().stream().anyMatch(policy -> policy.access() != PortalAccess.REFUSED);
    }
}
