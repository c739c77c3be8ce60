// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.track.ParsedService.DeclaredPort;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reduces service ports to the portals that they hold, and reports those that others hold. */
final class HeldPortals {
    private final PortalRegistry registry;
    private final ProblemList problems;

    HeldPortals(PortalRegistry registry, ProblemList problems) {
        this.registry = registry;
        this.problems = problems;
    }

    /** The port with the portals that it holds; empty when it does not hold its cluster address. */
    Optional<ServicePort> of(DeclaredPort declared) {
        ServicePort port = declared.port();
        String field = "spec.ports[" + declared.index() + "]";
        Portal cluster = port.portal(port.clusterIp());
        if (isLost(cluster, port)) {
            problems.skipped(field, heldByOther(cluster) + "this port is left out until that Service releases it");
            return Optional.empty();
        }
        boolean nodePortLost = false;
        if (port.nodePort() != 0) {
            Portal nodePort = new Portal.NodePort(port.protocol(), port.nodePort());
            nodePortLost = isLost(nodePort, port);
            if (nodePortLost) {
                problems.skipped(
                        field + ".nodePort",
                        heldByOther(nodePort) + "this port has none until that Service releases it");
            }
        }
        Set<IpAddress> lost = new HashSet<>();
        collectLost(port.externalIps(), port, "spec.externalIPs", lost);
        collectLost(port.loadBalancerVips(), port, "status.loadBalancer.ingress", lost);
        return Optional.of(port.without(nodePortLost, lost));
    }

    private void collectLost(List<IpAddress> addresses, ServicePort port, String field, Set<IpAddress> lost) {
        for (IpAddress address : addresses) {
            Portal portal = port.portal(address);
            if (isLost(portal, port) && lost.add(address)) {
                problems.skipped(
                        field, heldByOther(portal) + "not served for this Service until that Service releases it");
            }
        }
    }

    private boolean isLost(Portal portal, ServicePort port) {
        Claimant holder = registry.holder(portal);
        return holder == null || !holder.port().name().equals(port.name());
    }

    private String heldByOther(Portal portal) {
        Claimant holder = registry.holder(portal);
        String what = switch (portal) {
            case Portal.Address address -> "address " + address;
            case Portal.NodePort nodePort -> nodePort.toString();
        };
        return what + " is held by Service "
                + (holder == null ? "?" : holder.port().name()) + "; ";
    }
}
