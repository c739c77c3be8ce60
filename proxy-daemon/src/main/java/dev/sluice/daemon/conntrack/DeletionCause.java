// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.conntrack.StaleReason;
import dev.sluice.core.net.Protocol;

/** The reason for deleting a conntrack entry, and the kind of entry. */
public record DeletionCause(StaleReason reason, Protocol protocol) {
    @Override
    public String toString() {
        return protocol + " " + reason.label();
    }
}
