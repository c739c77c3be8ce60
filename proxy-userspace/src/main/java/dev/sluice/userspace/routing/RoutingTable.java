package dev.sluice.userspace.routing;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The portals of one family. The sync thread writes it one entry at a time, at a cost that does not depend on its size;
 * event loops read it without a lock.
 */
public final class RoutingTable {
    private final IpFamily family;
    private final ConcurrentHashMap<Portal, Route> routes = new ConcurrentHashMap<>();
    private volatile Locality locality = Locality.UNKNOWN;

    public RoutingTable(IpFamily family) {
        this.family = family;
    }

    public IpFamily family() {
        return family;
    }

    public void put(Portal portal, Route route) {
        routes.put(portal, route);
    }

    /** Takes the portal away, unless it leads elsewhere by now. */
    public void remove(Portal portal, Route route) {
        routes.remove(portal, route);
    }

    public @Nullable Route get(Portal portal) {
        return routes.get(portal);
    }

    public int size() {
        return routes.size();
    }

    /** Each service port that some portal leads to. */
    public Set<LiveService> services() {
        return routes.values().stream().map(Route::service).collect(Collectors.toSet());
    }

    public Locality locality() {
        return locality;
    }

    public void setLocality(Locality value) {
        locality = value;
    }

    /** The route of what a client connected to: a service address, or else a node port. */
    public @Nullable Route find(Protocol protocol, IpAddress address, int port) {
        Route route = routes.get(new Portal.Address(protocol, address, port));
        return route != null ? route : routes.get(new Portal.NodePort(protocol, port));
    }

    /**
     * Whether a connection of this node to {@code address} would come back to the proxy. An endpoint like that is never
     * dialled: two Services that name each other's addresses would pass a connection round until no descriptor is left.
     */
    public boolean leadsBack(Protocol protocol, IpAddress address, int port) {
        return routes.containsKey(new Portal.Address(protocol, address, port))
                || (locality.isNode(address) && routes.containsKey(new Portal.NodePort(protocol, port)));
    }
}
