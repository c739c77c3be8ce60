// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import java.util.Optional;

/**
 * Whose state a snapshot holds: the cluster's, as one node sees it.
 *
 * @param server the API server's URL
 * @param authority the SHA-256 of its certificate authority, in hex; empty without one
 * @param node the Node's name
 */
public record SnapshotOwner(String server, String authority, String node) {

    /** Why a snapshot of this owner is none of {@code user}; empty when it is. */
    Optional<String> difference(SnapshotOwner user) {
        if (!node.equals(user.node)) {
            return Optional.of("it is of node " + node + ", and this is " + user.node);
        }
        if (!server.equals(user.server)) {
            return Optional.of("it is of the cluster at " + server + ", and this is at " + user.server);
        }
        return authority.equals(user.authority)
                ? Optional.empty()
                : Optional.of("it is of a cluster at " + server + " with another certificate authority");
    }
}
