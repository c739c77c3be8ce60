// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.Collection;

/**
 * The number of service ports that drop traffic because a Local policy finds no endpoint on this node, although there
 * are endpoints elsewhere.
 *
 * @param internal under {@code internalTrafficPolicy}
 * @param external under {@code externalTrafficPolicy}
 */
public record NoLocalEndpoints(int internal, int external) {
    public static final NoLocalEndpoints NONE = new NoLocalEndpoints(0, 0);

    public static NoLocalEndpoints of(ResolvedPort port) {
        EndpointSet endpoints = port.endpoints();
        boolean without = endpoints.hasUsable() && endpoints.local().isEmpty();
        return new NoLocalEndpoints(
                without && port.service().internalPolicyLocal() ? 1 : 0,
                without && port.service().externalPolicyLocal() ? 1 : 0);
    }

    public static NoLocalEndpoints of(Collection<ResolvedPort> ports) {
        return ports.stream().map(NoLocalEndpoints::of).reduce(NONE, NoLocalEndpoints::plus);
    }

    public NoLocalEndpoints plus(NoLocalEndpoints other) {
        return new NoLocalEndpoints(internal + other.internal, external + other.external);
    }

    public NoLocalEndpoints minus(NoLocalEndpoints other) {
        return new NoLocalEndpoints(internal - other.internal, external - other.external);
    }
}
