package dev.sluice.core.model;

import java.util.Collection;

/**
 * How many service ports drop traffic because a Local policy finds no endpoint on this node, although there are endpoints
 * elsewhere.
 *
 * @param internal under {@code internalTrafficPolicy}
 * @param external under {@code externalTrafficPolicy}
 */
public record WithoutLocal(int internal, int external) {
    public static final WithoutLocal NONE = new WithoutLocal(0, 0);

    public static WithoutLocal of(ResolvedPort port) {
        EndpointSet endpoints = port.endpoints();
        boolean without = endpoints.any() && endpoints.local().isEmpty();
        return new WithoutLocal(
                without && port.service().internalPolicyLocal() ? 1 : 0,
                without && port.service().externalPolicyLocal() ? 1 : 0);
    }

    public static WithoutLocal of(Collection<ResolvedPort> ports) {
        return ports.stream().map(WithoutLocal::of).reduce(NONE, WithoutLocal::plus);
    }

    public WithoutLocal plus(WithoutLocal other) {
        return new WithoutLocal(internal + other.internal, external + other.external);
    }

    public WithoutLocal minus(WithoutLocal other) {
        return new WithoutLocal(internal - other.internal, external - other.external);
    }
}
