// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

/** The kinds of resources that the proxy watches. */
public enum ResourceKind {
    SERVICE("Service"),
    ENDPOINT_SLICE("EndpointSlice"),
    NODE("Node");

    private final String label;

    ResourceKind(String label) {
        this.label = label;
    }

    /** The API's spelling. */
    public String label() {
        return label;
    }
}
