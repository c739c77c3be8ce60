// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

/** A snapshot that is not used. The message says why and what to do, and does not name the file. */
final class UnusableSnapshotException extends Exception {
    UnusableSnapshotException(String message) {
        super(message);
    }
}
