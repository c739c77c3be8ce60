// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Decides which endpoints of a service port this node may use (kube-proxy 1.36, {@code CategorizeEndpoints}). */
public final class Categorizer {
    private Categorizer() {}

    /**
     * @param endpoints every endpoint of the service port, sorted by {@link Endpoint#socketAddress()} as text
     * @param node whose hints count
     */
    public static EndpointSet categorize(List<Endpoint> endpoints, ServicePort port, NodeFacts node) {
        List<Endpoint> all = List.copyOf(endpoints);
        if (all.isEmpty()) {
            return EndpointSet.EMPTY;
        }
        List<Endpoint> cluster = port.usesClusterEndpoints() ? cluster(all, node) : List.of();
        if (!port.usesLocalEndpoints()) {
            return new EndpointSet(cluster, List.of(), cluster, !cluster.isEmpty(), all);
        }
        boolean hasUsable = all.stream().anyMatch(e -> e.ready() || isDraining(e));
        List<Endpoint> local = readyElseDraining(all, Endpoint::local);
        List<Endpoint> reachable = union(all, cluster, local);
        return new EndpointSet(cluster, local, reachable, hasUsable, all);
    }

    private static List<Endpoint> cluster(List<Endpoint> all, NodeFacts node) {
        List<Endpoint> ready = keep(all, Endpoint::ready);
        if (ready.isEmpty()) {
            return keep(all, Categorizer::isDraining);
        }
        return switch (TopologyScope.of(ready, node)) {
            case ALL -> ready;
            case SAME_NODE -> keep(ready, e -> e.nodeHints().contains(node.name()));
            case SAME_ZONE -> keep(ready, e -> e.zoneHints().contains(node.zone()));
        };
    }

    private static List<Endpoint> readyElseDraining(List<Endpoint> all, Predicate<Endpoint> among) {
        List<Endpoint> ready = keep(all, among.and(Endpoint::ready));
        return ready.isEmpty() ? keep(all, among.and(Categorizer::isDraining)) : ready;
    }

    /** Whether it still answers while it terminates; such endpoints are used when none is ready (KEP-1669). */
    private static boolean isDraining(Endpoint endpoint) {
        return !endpoint.ready() && endpoint.serving() && endpoint.terminating();
    }

    private static List<Endpoint> union(List<Endpoint> all, List<Endpoint> cluster, List<Endpoint> local) {
        if (local.isEmpty() || cluster.equals(local)) {
            return cluster;
        }
        if (cluster.isEmpty()) {
            return local;
        }
        Set<Endpoint> either = new HashSet<>(cluster);
        return either.addAll(local) ? keep(all, either::contains) : cluster;
    }

    /** The endpoints that {@code wanted} accepts; the same list when it accepts all, so that lists are shared. */
    private static List<Endpoint> keep(List<Endpoint> endpoints, Predicate<Endpoint> wanted) {
        return endpoints.stream().allMatch(wanted)
                ? endpoints
                : endpoints.stream().filter(wanted).collect(Collectors.toUnmodifiableList());
    }
}
