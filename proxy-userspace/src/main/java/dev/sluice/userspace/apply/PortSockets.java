// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.engine.EngineException;
import dev.sluice.userspace.engine.UdpSocket;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.plan.DesiredPort;
import dev.sluice.userspace.plan.PortChange;
import dev.sluice.userspace.plan.PortalLink;
import dev.sluice.userspace.plan.SyncPlan;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The service ports of one family in this process: their balancers, which the event loops read, and their UDP sockets.
 */
public final class PortSockets {
    private final RoutingTable table;
    private final UserspaceEngine engine;
    private final Map<ServicePortName, PortBalancer> balancers = new HashMap<>();
    private final Map<SocketAddress, UdpSocket> udpSockets = new HashMap<>();

    public PortSockets(RoutingTable table, UserspaceEngine engine) {
        this.table = table;
        this.engine = engine;
    }

    /**
     * The open UDP sockets of some service ports.
     *
     * @param failures why others have none
     */
    public record OpenedSockets(Map<ServicePortName, SocketAddress> sockets, Map<ServicePortName, String> failures) {}

    /**
     * Gives the event loops the endpoints and policies of {@code changes}, and opens the UDP sockets that are missing.
     */
    public OpenedSockets open(List<PortChange> changes, IpAddress proxyAddress) {
        OpenedSockets opened = new OpenedSockets(new HashMap<>(), new HashMap<>());
        for (PortChange change : changes) {
            DesiredPort desired = change.desired();
            if (desired != null) {
                PortBalancer balancer = balancer(desired);
                if (change.needsUdpSocket()) {
                    open(change, balancer, proxyAddress, opened);
                }
            }
        }
        return opened;
    }

    private PortBalancer balancer(DesiredPort desired) {
        PortBalancer present = balancers.get(desired.name());
        if (present != null) {
            present.update(desired.port(), desired.policy(), desired.weights());
            return present;
        }
        PortBalancer balancer = new PortBalancer(desired.port(), desired.policy(), desired.weights());
        balancers.put(desired.name(), balancer);
        return balancer;
    }

    private void open(PortChange change, PortBalancer balancer, IpAddress proxyAddress, OpenedSockets opened) {
        SocketAddress kept = change.keptUdpSocket(proxyAddress);
        if (kept != null) {
            socket(kept).endpointsChanged();
            opened.sockets().put(change.name(), kept);
            return;
        }
        try {
            UdpSocket socket = engine.openUdp(table, balancer, proxyAddress);
            SocketAddress bound = new SocketAddress(socket.address(), socket.port());
            udpSockets.put(bound, socket);
            opened.sockets().put(change.name(), bound);
        } catch (EngineException e) {
            opened.failures().put(change.name(), String.valueOf(e.getMessage()));
            if (change.before() == null) {
                balancers.remove(change.name());
            }
        }
    }

    /** Adds the new routes of {@code plan} for the event loops. */
    void route(SyncPlan plan) {
        plan.newRoutes().forEach(link -> table.put(link.portal(), route(link)));
    }

    /** Removes the routes, sockets and service ports that {@code plan} leaves without a use. */
    void removeStale(SyncPlan plan) {
        plan.staleRoutes().forEach(link -> table.remove(link.portal(), route(link)));
        plan.staleSockets().forEach(address -> {
            socket(address).close();
            udpSockets.remove(address);
        });
        plan.removedPorts().forEach(balancers::remove);
    }

    private PortalRoute route(PortalLink link) {
        return new PortalRoute(Objects.requireNonNull(balancers.get(link.port())), link.scope());
    }

    private UdpSocket socket(SocketAddress address) {
        return Objects.requireNonNull(udpSockets.get(address));
    }

    /** The balancer of a service port, which the event loops read; null when there is none of that name. */
    public @Nullable PortBalancer get(ServicePortName name) {
        return balancers.get(name);
    }

    /** The number of open UDP sockets. */
    public int udpCount() {
        return udpSockets.size();
    }
}
