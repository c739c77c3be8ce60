// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

/** The kinds of resources that the proxy watches. */
public enum ResourceKind {
    SERVICE("Service", "services"),
    ENDPOINT_SLICE("EndpointSlice", "endpointslices"),
    /** The proxy's own Node. */
    NODE("Node", "nodes"),
    /** The other Nodes; watched only where a mode binds Services' addresses. */
    PEER("Node", "peers"),
    /** The ranges of cluster addresses; watched only where a mode uses them, and the proxy serves without them. */
    SERVICE_CIDR("ServiceCIDR", "servicecidrs");

    private final String label;
    private final String plural;

    ResourceKind(String label, String plural) {
        this.label = label;
        this.plural = plural;
    }

    /** Whether traffic waits for the first complete list. */
    public boolean isNeeded() {
        return this != PEER && this != SERVICE_CIDR;
    }

    /** Whether an API server that does not have it, or does not permit it, is no trouble. */
    public boolean isOptional() {
        return this == SERVICE_CIDR;
    }

    /** The API's spelling. */
    public String label() {
        return label;
    }

    /** The name of all of them, in metrics, health and log. */
    public String plural() {
        return plural;
    }
}
