// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

/** The limit of its Service that ended a TCP connection. */
public enum ExpiryReason {
    /** No byte has passed for the idle time. */
    IDLE("idle"),
    /** It has reached the largest age. */
    AGE("age");

    private final String label;

    ExpiryReason(String label) {
        this.label = label;
    }

    /** The value of the metrics' label. */
    public String label() {
        return label;
    }
}
