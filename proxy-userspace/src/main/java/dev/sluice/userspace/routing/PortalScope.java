package dev.sluice.userspace.routing;

/** The traffic policy that a portal is under. */
public enum PortalScope {
    /** The cluster address: {@code internalTrafficPolicy}. */
    INTERNAL,
    /** Node ports, external and load balancer addresses: {@code externalTrafficPolicy}. */
    EXTERNAL
}
