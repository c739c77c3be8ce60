// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

/** Why a conntrack entry is stale. */
public enum StaleReason {
    /** It leads to what is no longer an endpoint of the Service (to a closed socket, where this process carries it). */
    ENDPOINT_GONE("endpoint-gone"),
    /** The same, and the Service has no other endpoint left either. */
    NO_ENDPOINTS("no-endpoints"),
    /** The Service, its port, or the address that the client sends to is deleted. */
    SERVICE_GONE("service-gone"),
    /** It began before the Service's rules were there, so it bypasses them. */
    UNTRANSLATED("untranslated");

    private final String label;

    StaleReason(String label) {
        this.label = label;
    }

    /** The value of the label {@code reason} of metrics. */
    public String label() {
        return label;
    }
}
