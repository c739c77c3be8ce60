// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

/** Which new connections to a portal reach the proxy. */
public enum PortalAccess {
    /** All of them. */
    OPEN("OPEN"),
    /** Those of clients on this node; others are dropped. */
    NODE_ONLY("LOCAL"),
    /** None, they are refused: the service port has no endpoint. */
    REFUSED("REJECT"),
    /** None, they are dropped: the service port has endpoints, but none that its policy allows. */
    DROPPED("DROP");

    private final String setSuffix;

    PortalAccess(String setSuffix) {
        this.setSuffix = setSuffix;
    }

    /** How the names of the sets of such portals end. */
    String setSuffix() {
        return setSuffix;
    }
}
