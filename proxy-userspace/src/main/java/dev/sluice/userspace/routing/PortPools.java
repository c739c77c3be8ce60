// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * The endpoints of a service port by the traffic that may use them, as of one sync; immutable.
 *
 * @param upstreams of every endpoint, usable or not
 * @param serving the endpoints that still answer
 * @param servingOnNode those of them that are on this node
 */
record PortPools(
        ResolvedPort port,
        ConnectionPolicy policy,
        Map<SocketAddress, Upstream> upstreams,
        Set<SocketAddress> serving,
        Set<SocketAddress> servingOnNode,
        UpstreamPool internal,
        UpstreamPool external,
        UpstreamPool cluster,
        UpstreamPool reachable) {

    /**
     * @param before the upstreams so far: an endpoint that stays keeps its upstream, with its connections and health
     */
    static PortPools of(
            ResolvedPort port,
            ConnectionPolicy policy,
            ToIntFunction<Endpoint> weights,
            Map<SocketAddress, Upstream> before) {
        Map<SocketAddress, Upstream> upstreams = new HashMap<>();
        Set<SocketAddress> serving = new HashSet<>();
        Set<SocketAddress> servingOnNode = new HashSet<>();
        for (Endpoint endpoint : port.endpoints().all()) {
            SocketAddress key = endpoint.socketAddress();
            Upstream present = before.get(key);
            upstreams.put(key, present == null ? new Upstream(key) : present);
            if (endpoint.serving()) {
                serving.add(key);
                if (endpoint.local()) {
                    servingOnNode.add(key);
                }
            }
        }
        List<Endpoint> cluster = port.endpoints().cluster();
        List<Endpoint> local = port.endpoints().local();
        List<Endpoint> reachable = port.endpoints().reachable();
        boolean weighted = policy.scheduler().weighted();
        UpstreamPool ofCluster = pool(cluster, upstreams, weights, weighted);
        UpstreamPool ofNode = local.equals(cluster) ? ofCluster : pool(local, upstreams, weights, weighted);
        return new PortPools(
                port,
                policy,
                Map.copyOf(upstreams),
                Set.copyOf(serving),
                Set.copyOf(servingOnNode),
                port.service().internalPolicyLocal() ? ofNode : ofCluster,
                port.service().externalPolicyLocal() ? ofNode : ofCluster,
                ofCluster,
                reachable.equals(cluster) ? ofCluster : pool(reachable, upstreams, weights, weighted));
    }

    private static UpstreamPool pool(
            List<Endpoint> endpoints,
            Map<SocketAddress, Upstream> upstreams,
            ToIntFunction<Endpoint> weights,
            boolean weighted) {
        return UpstreamPool.of(
                endpoints.stream()
                        .map(e -> Objects.requireNonNull(upstreams.get(e.socketAddress())))
                        .toList(),
                endpoints.stream().map(weights::applyAsInt).toList(),
                weighted);
    }

    /** The endpoints that a new connection may go to. */
    UpstreamPool endpoints(PortalScope scope, boolean localClient) {
        return switch (scope) {
            case INTERNAL -> internal;
            // the external policy does not bind clients of this node
            case EXTERNAL -> localClient ? cluster : external;
        };
    }

    /** As {@link PortBalancer#keepsFlow}. Readiness and topology hints concern new flows only. */
    boolean keepsFlow(SocketAddress endpoint, PortalScope scope, boolean localClient) {
        boolean ofNodeOnly = switch (scope) {
            case INTERNAL -> port.service().internalPolicyLocal();
            case EXTERNAL -> port.service().externalPolicyLocal() && !localClient;
        };
        return (ofNodeOnly ? servingOnNode : serving).contains(endpoint);
    }
}
