// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.userspace.rules.PortalPolicy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one sync, in an order without a gap for traffic: changed ports, new routes, set elements, and last the
 * routes and ports that nothing leads to any more.
 *
 * <p>When a portal moves from one service port to another, the order of the two does not matter. The cost of a port is
 * that of its own portals.
 */
public final class SyncPlan {
    private final List<DesiredPort> changedPorts = new ArrayList<>();
    private final List<PortalLink> newRoutes = new ArrayList<>();
    private final SetDiff elements = new SetDiff();
    private final List<PortalLink> staleRoutes = new ArrayList<>();
    private final List<ServicePortName> removedPorts = new ArrayList<>();

    /** Adds what turns {@code before} into {@code after}. */
    void add(@Nullable DesiredPort before, @Nullable DesiredPort after) {
        elements.add(before == null ? Set.of() : before.elements(), after == null ? Set.of() : after.elements());
        if (after != null) {
            changedPorts.add(after);
            after.redirection().portals().forEach((portal, policy) -> newRoutes.add(link(portal, after, policy)));
        }
        if (before != null) {
            addStale(before, after);
        }
    }

    private void addStale(DesiredPort before, @Nullable DesiredPort after) {
        Map<Portal, PortalPolicy> now =
                after == null ? Map.of() : after.redirection().portals();
        before.redirection().portals().forEach((portal, policy) -> {
            PortalPolicy present = now.get(portal);
            if (present == null || present.scope() != policy.scope()) {
                staleRoutes.add(link(portal, before, policy));
            }
        });
        if (after == null) {
            removedPorts.add(before.name());
        }
    }

    private static PortalLink link(Portal portal, DesiredPort port, PortalPolicy policy) {
        return new PortalLink(portal, port.name(), policy.scope());
    }

    /** The service ports whose endpoints, policies or portals may have changed. */
    public List<DesiredPort> changedPorts() {
        return Collections.unmodifiableList(changedPorts);
    }

    public List<PortalLink> newRoutes() {
        return Collections.unmodifiableList(newRoutes);
    }

    public SetDiff elements() {
        return elements;
    }

    public List<PortalLink> staleRoutes() {
        return Collections.unmodifiableList(staleRoutes);
    }

    public List<ServicePortName> removedPorts() {
        return Collections.unmodifiableList(removedPorts);
    }
}
