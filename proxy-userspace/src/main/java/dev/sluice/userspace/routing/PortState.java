package dev.sluice.userspace.routing;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.userspace.balance.Pool;
import dev.sluice.userspace.balance.Target;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.ToIntFunction;

/**
 * What one sync has put in force for a service port; immutable.
 *
 * @param targets of every endpoint known, usable or not
 * @param serving those that still answer
 */
record PortState(
        ResolvedPort port,
        ServicePolicy policy,
        Map<Target.Key, Target> targets,
        Set<Target.Key> serving,
        Pool internal,
        Pool external,
        Pool cluster,
        Pool reachable) {

    /** @param before the targets so far: who stays is the same, with its connections */
    static PortState of(
            ResolvedPort port, ServicePolicy policy, ToIntFunction<Endpoint> weights, Map<Target.Key, Target> before) {
        Map<Target.Key, Target> targets = new HashMap<>();
        Set<Target.Key> serving = new HashSet<>();
        for (Endpoint endpoint : port.endpoints().all()) {
            Target.Key key = Target.Key.of(endpoint);
            Target kept = before.get(key);
            targets.put(key, kept == null ? new Target(key) : kept);
            if (endpoint.serving()) {
                serving.add(key);
            }
        }
        List<Endpoint> cluster = port.endpoints().cluster();
        List<Endpoint> local = port.endpoints().local();
        List<Endpoint> reachable = port.endpoints().reachable();
        boolean weighted = policy.scheduler().weighted();
        Pool ofCluster = pool(cluster, targets, weights, weighted);
        Pool ofNode = local.equals(cluster) ? ofCluster : pool(local, targets, weights, weighted);
        return new PortState(
                port,
                policy,
                Map.copyOf(targets),
                Set.copyOf(serving),
                port.service().internalPolicyLocal() ? ofNode : ofCluster,
                port.service().externalPolicyLocal() ? ofNode : ofCluster,
                ofCluster,
                reachable.equals(cluster) ? ofCluster : pool(reachable, targets, weights, weighted));
    }

    private static Pool pool(
            List<Endpoint> endpoints,
            Map<Target.Key, Target> targets,
            ToIntFunction<Endpoint> weights,
            boolean weighted) {
        return Pool.of(
                endpoints.stream()
                        .map(e -> Objects.requireNonNull(targets.get(Target.Key.of(e))))
                        .toList(),
                endpoints.stream().map(weights::applyAsInt).toList(),
                weighted);
    }

    /** The endpoints that a new connection may go to. */
    Pool endpoints(Scope scope, boolean localClient) {
        return switch (scope) {
            case INTERNAL -> internal;
            // local clients are short-circuited: the external policy does not bind them
            case EXTERNAL -> localClient ? cluster : external;
        };
    }

    /** As {@link LiveService#datagramEndpoints}. */
    Pool datagramEndpoints(boolean localClient) {
        ServicePort service = port.service();
        boolean same = service.internalPolicyLocal() == service.externalPolicyLocal();
        Pool allowed = endpoints(same || localClient ? Scope.INTERNAL : Scope.EXTERNAL, localClient);
        return allowed.isEmpty() ? reachable : allowed;
    }
}
