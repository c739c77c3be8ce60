// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.engine.UserspaceEngine;
import dev.sluice.userspace.plan.DesiredPort;
import dev.sluice.userspace.plan.PortalLink;
import dev.sluice.userspace.plan.SyncPlan;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.RoutingTable;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/** The service ports of one family in this process: their balancers and routes, which the event loops read. */
public final class PortBalancers {
    private final RoutingTable table;
    private final Map<ServicePortName, PortBalancer> balancers = new HashMap<>();
    private final UdpReceivers udp;
    private final UserspaceEngine engine;

    /**
     * @param udp whose flows end with what allows them
     * @param engine checks the endpoints
     */
    public PortBalancers(RoutingTable table, UdpReceivers udp, UserspaceEngine engine) {
        this.table = table;
        this.udp = udp;
        this.engine = engine;
    }

    /** Gives the event loops the endpoints, policies and new routes of {@code plan}. */
    void route(SyncPlan plan) {
        List<PortBalancer> datagrams = new ArrayList<>();
        for (DesiredPort port : plan.changedPorts()) {
            PortBalancer present = balancers.get(port.name());
            if (present == null) {
                present = new PortBalancer(port.port(), port.policy(), port.weights());
                balancers.put(port.name(), present);
            } else {
                present.update(port.port(), port.policy(), port.weights());
                if (port.name().protocol() == Protocol.UDP) {
                    datagrams.add(present);
                }
            }
            engine.check(present);
        }
        plan.newRoutes().forEach(link -> table.put(link.portal(), route(link)));
        udp.portsChanged(datagrams);
    }

    /** Removes the routes and service ports that {@code plan} leaves without a use. */
    void removeStale(SyncPlan plan) {
        Set<PortBalancer> datagrams = new LinkedHashSet<>();
        plan.staleRoutes().forEach(link -> {
            PortalRoute stale = route(link);
            table.remove(link.portal(), stale);
            if (link.port().protocol() == Protocol.UDP) {
                datagrams.add(stale.balancer());
            }
        });
        plan.removedPorts().forEach(this::remove);
        udp.portsChanged(datagrams);
    }

    private void remove(ServicePortName name) {
        PortBalancer removed = balancers.remove(name);
        if (removed != null) {
            engine.uncheck(removed);
        }
    }

    private PortalRoute route(PortalLink link) {
        return new PortalRoute(Objects.requireNonNull(balancers.get(link.port())), link.scope());
    }
}
