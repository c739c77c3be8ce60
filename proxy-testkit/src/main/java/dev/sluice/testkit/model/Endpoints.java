// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.model;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.EndpointSet;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/** Builds endpoints, and resolves them for a service port as a node without topology hints does. */
public final class Endpoints {
    private Endpoints() {}

    /** A ready endpoint on this node. */
    public static Endpoint local(String address, int port) {
        return endpoint(address, port, true, true, true, false);
    }

    /** A ready endpoint on another node. */
    public static Endpoint remote(String address, int port) {
        return endpoint(address, port, false, true, true, false);
    }

    /** A terminating endpoint on this node that still serves. */
    public static Endpoint localTerminating(String address, int port) {
        return endpoint(address, port, true, false, true, true);
    }

    /** A terminating endpoint on another node that still serves. */
    public static Endpoint remoteTerminating(String address, int port) {
        return endpoint(address, port, false, false, true, true);
    }

    /** An endpoint on another node that is neither ready nor serving. */
    public static Endpoint notReady(String address, int port) {
        return endpoint(address, port, false, false, false, false);
    }

    /** The service port with those of {@code endpoints} that this node may use, without regard to hints. */
    public static ResolvedPort resolved(ServicePort service, Endpoint... endpoints) {
        return resolved(service, Arrays.asList(endpoints));
    }

    /** The service port with those of {@code endpoints} that this node may use, without regard to hints. */
    public static ResolvedPort resolved(ServicePort service, List<Endpoint> endpoints) {
        List<Endpoint> all = endpoints.stream()
                .sorted(Comparator.comparing(Endpoint::toString))
                .toList();
        List<Endpoint> cluster = service.usesClusterEndpoints() ? usable(all, e -> true) : List.of();
        List<Endpoint> local = service.usesLocalEndpoints() ? usable(all, Endpoint::local) : List.of();
        List<Endpoint> reachable = all.stream()
                .filter(e -> cluster.contains(e) || local.contains(e))
                .toList();
        boolean any = !usable(all, e -> true).isEmpty();
        return new ResolvedPort(service, new EndpointSet(cluster, local, reachable, any, all));
    }

    private static List<Endpoint> usable(List<Endpoint> endpoints, Predicate<Endpoint> where) {
        List<Endpoint> ready =
                endpoints.stream().filter(where).filter(Endpoint::ready).toList();
        return !ready.isEmpty()
                ? ready
                : endpoints.stream()
                        .filter(where)
                        .filter(e -> e.serving() && e.terminating())
                        .toList();
    }

    private static Endpoint endpoint(
            String address, int port, boolean local, boolean ready, boolean serving, boolean terminating) {
        return new Endpoint(IpAddress.of(address), port, local, ready, serving, terminating, Set.of(), Set.of());
    }
}
