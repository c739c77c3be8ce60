// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.core.balance.SlowStart;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.rules.PortRedirection;
import dev.sluice.userspace.rules.PortalElement;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * The desired state of one service port.
 *
 * @param weights of endpoints, slow start included
 */
public record DesiredPort(
        ResolvedPort port, ConnectionPolicy policy, ToIntFunction<Endpoint> weights, PortRedirection redirection) {

    public ServicePortName name() {
        return port.name();
    }

    /** Its set elements. */
    public Set<PortalElement> elements() {
        return redirection.elements();
    }

    /** The weights of the endpoints that take connections, in the unit of {@link SlowStart}. */
    Map<SocketAddress, Integer> slowStartWeights() {
        int factor = policy.slowStart() == null ? SlowStart.STEPS : 1;
        Map<SocketAddress, Integer> applied = new HashMap<>();
        for (Endpoint endpoint : port.endpoints().reachable()) {
            int weight = weights.applyAsInt(endpoint);
            if (weight > 0) {
                applied.put(endpoint.socketAddress(), weight * factor);
            }
        }
        return applied;
    }
}
