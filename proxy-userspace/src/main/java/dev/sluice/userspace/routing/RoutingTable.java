// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The routes of one family, by portal. The sync thread writes one entry at a time, at a cost that does not depend on
 * the table's size; event loops read without a lock.
 */
public final class RoutingTable {
    private final IpFamily family;
    private final ConcurrentHashMap<Portal, PortalRoute> routes = new ConcurrentHashMap<>();
    private volatile Locality locality = Locality.UNKNOWN;
    private volatile SourcePolicy sources = SourcePolicy.NODE;

    public RoutingTable(IpFamily family) {
        this.family = family;
    }

    public IpFamily family() {
        return family;
    }

    public void put(Portal portal, PortalRoute route) {
        routes.put(portal, route);
    }

    /** Removes the portal, unless it leads elsewhere by now. */
    public void remove(Portal portal, PortalRoute route) {
        routes.remove(portal, route);
    }

    public @Nullable PortalRoute get(Portal portal) {
        return routes.get(portal);
    }

    public int size() {
        return routes.size();
    }

    /** The service ports that some portal leads to. */
    public Set<PortBalancer> balancers() {
        return routes.values().stream().map(PortalRoute::balancer).collect(Collectors.toSet());
    }

    public Locality locality() {
        return locality;
    }

    /** Which source address endpoints see. */
    public SourcePolicy sources() {
        return sources;
    }

    public void setSources(SourcePolicy value) {
        sources = value;
    }

    public void setLocality(Locality value) {
        locality = value;
    }

    /** The route of a client's original destination: that of the service address, or else of the node port. */
    public @Nullable PortalRoute find(Protocol protocol, IpAddress address, int port) {
        PortalRoute route = routes.get(new Portal.Address(protocol, address, port));
        return route != null ? route : routes.get(new Portal.NodePort(protocol, port));
    }
}
