// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

/** A sync failed: the kernel is not in the desired state. The message says what failed, where, and what to do. */
public final class SyncException extends Exception {
    private static final long serialVersionUID = 1;

    public SyncException(String message) {
        super(message);
    }

    public SyncException(String message, Throwable cause) {
        super(message, cause);
    }
}
