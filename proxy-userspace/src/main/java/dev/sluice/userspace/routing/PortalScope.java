// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

/** The traffic policy that a portal is under. */
public enum PortalScope {
    /** The cluster address: {@code internalTrafficPolicy}. */
    INTERNAL,
    /** Node ports, external and load balancer addresses: {@code externalTrafficPolicy}. */
    EXTERNAL
}
