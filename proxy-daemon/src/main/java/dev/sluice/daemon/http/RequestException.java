// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.http;

/** A request that cannot be answered as it is: the status says why, and the connection ends with it. */
final class RequestException extends Exception {
    private static final long serialVersionUID = 1;

    private final int status;

    RequestException(int status, String message) {
        super(message);
        this.status = status;
    }

    int status() {
        return status;
    }
}
