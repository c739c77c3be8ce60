// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.rules.ChainRule;
import dev.sluice.userspace.rules.PortalPolicy;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The steps of one sync, in an order without a gap for traffic: new routes, new rules, set elements, old rules, and
 * last the routes and sockets that nothing leads to any more.
 *
 * <p>When a portal moves from one service port to another, the order of the two does not matter. The cost of a port is
 * that of its own portals.
 */
public final class SyncPlan {
    private final List<PortalLink> newRoutes = new ArrayList<>();
    private final List<ChainRule> newRules = new ArrayList<>();
    private final SetDiff elements = new SetDiff();
    private final List<ChainRule> staleRules = new ArrayList<>();
    private final List<PortalLink> staleRoutes = new ArrayList<>();
    private final List<SocketAddress> staleSockets = new ArrayList<>();
    private final List<ServicePortName> removedPorts = new ArrayList<>();

    /** Adds what turns {@code before} into {@code after}. */
    void add(@Nullable PortState before, @Nullable PortState after) {
        elements.add(before == null ? Set.of() : before.elements(), after == null ? Set.of() : after.elements());
        addRules(before == null ? List.of() : before.udpRedirects(), after == null ? List.of() : after.udpRedirects());
        if (after != null) {
            after.redirection().portals().forEach((portal, policy) -> newRoutes.add(link(portal, after, policy)));
        }
        if (before != null) {
            addStale(before, after);
        }
    }

    private void addRules(List<ChainRule> before, List<ChainRule> after) {
        if (!after.equals(before)) {
            newRules.addAll(after);
            staleRules.addAll(before);
        }
    }

    private void addStale(PortState before, @Nullable PortState after) {
        Map<Portal, PortalPolicy> now =
                after == null ? Map.of() : after.redirection().portals();
        before.redirection().portals().forEach((portal, policy) -> {
            PortalPolicy present = now.get(portal);
            if (present == null || present.scope() != policy.scope()) {
                staleRoutes.add(link(portal, before, policy));
            }
        });
        SocketAddress socket = before.udpSocket();
        if (socket != null && (after == null || !socket.equals(after.udpSocket()))) {
            staleSockets.add(socket);
        }
        if (after == null) {
            removedPorts.add(before.name());
        }
    }

    private static PortalLink link(Portal portal, PortState state, PortalPolicy policy) {
        return new PortalLink(portal, state.name(), policy.scope());
    }

    public List<PortalLink> newRoutes() {
        return Collections.unmodifiableList(newRoutes);
    }

    public List<ChainRule> newRules() {
        return Collections.unmodifiableList(newRules);
    }

    public SetDiff elements() {
        return elements;
    }

    public List<ChainRule> staleRules() {
        return Collections.unmodifiableList(staleRules);
    }

    public List<PortalLink> staleRoutes() {
        return Collections.unmodifiableList(staleRoutes);
    }

    public List<SocketAddress> staleSockets() {
        return Collections.unmodifiableList(staleSockets);
    }

    public List<ServicePortName> removedPorts() {
        return Collections.unmodifiableList(removedPorts);
    }
}
