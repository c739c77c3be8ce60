package dev.sluice.userspace.routing;

/** Which traffic policy a portal is under. */
public enum Scope {
    /** The cluster address: {@code internalTrafficPolicy}. */
    INTERNAL,
    /** Node ports, external and load balancer addresses: {@code externalTrafficPolicy}. */
    EXTERNAL
}
