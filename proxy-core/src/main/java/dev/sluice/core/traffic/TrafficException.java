// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

/** Traffic counters could not be read. The message says what failed and where. */
public final class TrafficException extends Exception {
    private static final long serialVersionUID = 1;

    public TrafficException(String message, Throwable cause) {
        super(message, cause);
    }
}
