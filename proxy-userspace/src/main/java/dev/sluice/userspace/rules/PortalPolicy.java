// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import dev.sluice.userspace.routing.PortalScope;

/** The traffic policy that a portal is under, and which new connections it admits. */
public record PortalPolicy(PortalScope scope, PortalAccess access) {

    /** Whether some of its traffic is redirected to the proxy. */
    public boolean redirects() {
        return access == PortalAccess.OPEN || access == PortalAccess.NODE_ONLY;
    }
}
