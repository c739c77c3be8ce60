package dev.sluice.userspace.routing;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.userspace.balance.Target;
import dev.sluice.userspace.balance.TargetPool;
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
 * @param targets of every endpoint, usable or not
 * @param serving the endpoints that still answer
 */
record PortPools(
        ResolvedPort port,
        ConnectionPolicy policy,
        Map<Target.Key, Target> targets,
        Set<Target.Key> serving,
        TargetPool internal,
        TargetPool external,
        TargetPool cluster,
        TargetPool reachable) {

    /** @param before the targets so far: an endpoint that stays keeps its target, with its connections and health */
    static PortPools of(
            ResolvedPort port,
            ConnectionPolicy policy,
            ToIntFunction<Endpoint> weights,
            Map<Target.Key, Target> before) {
        Map<Target.Key, Target> targets = new HashMap<>();
        Set<Target.Key> serving = new HashSet<>();
        for (Endpoint endpoint : port.endpoints().all()) {
            Target.Key key = Target.Key.of(endpoint);
            Target present = before.get(key);
            targets.put(key, present == null ? new Target(key) : present);
            if (endpoint.serving()) {
                serving.add(key);
            }
        }
        List<Endpoint> cluster = port.endpoints().cluster();
        List<Endpoint> local = port.endpoints().local();
        List<Endpoint> reachable = port.endpoints().reachable();
        boolean weighted = policy.scheduler().weighted();
        TargetPool ofCluster = pool(cluster, targets, weights, weighted);
        TargetPool ofNode = local.equals(cluster) ? ofCluster : pool(local, targets, weights, weighted);
        return new PortPools(
                port,
                policy,
                Map.copyOf(targets),
                Set.copyOf(serving),
                port.service().internalPolicyLocal() ? ofNode : ofCluster,
                port.service().externalPolicyLocal() ? ofNode : ofCluster,
                ofCluster,
                reachable.equals(cluster) ? ofCluster : pool(reachable, targets, weights, weighted));
    }

    private static TargetPool pool(
            List<Endpoint> endpoints,
            Map<Target.Key, Target> targets,
            ToIntFunction<Endpoint> weights,
            boolean weighted) {
        return TargetPool.of(
                endpoints.stream()
                        .map(e -> Objects.requireNonNull(targets.get(Target.Key.of(e))))
                        .toList(),
                endpoints.stream().map(weights::applyAsInt).toList(),
                weighted);
    }

    /** The endpoints that a new connection may go to. */
    TargetPool endpoints(PortalScope scope, boolean localClient) {
        return switch (scope) {
            case INTERNAL -> internal;
            // the external policy does not bind clients of this node
            case EXTERNAL -> localClient ? cluster : external;
        };
    }

    /** As {@link PortBalancer#datagramEndpoints}. */
    TargetPool datagramEndpoints(boolean localClient) {
        ServicePort service = port.service();
        boolean same = service.internalPolicyLocal() == service.externalPolicyLocal();
        TargetPool allowed = endpoints(same || localClient ? PortalScope.INTERNAL : PortalScope.EXTERNAL, localClient);
        return allowed.isEmpty() ? reachable : allowed;
    }
}
