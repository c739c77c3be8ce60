// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.List;

/** The ready endpoints that topology hints allow for this node's cluster-wide traffic (KEP-2433, KEP-3015). */
enum TopologyScope {
    /** All of them: no hints apply. */
    ALL,
    /** Those hinted for this node. */
    SAME_NODE,
    /** Those hinted for this node's zone. */
    SAME_ZONE;

    /**
     * A kind of hint applies only when every endpoint has one of that kind and some endpoint has one for this node:
     * hints spread load, they never leave a node without endpoints.
     */
    static TopologyScope of(List<Endpoint> ready, NodeFacts node) {
        if (ready.isEmpty()) {
            return ALL;
        }
        if (ready.stream().noneMatch(e -> e.nodeHints().isEmpty())
                && ready.stream().anyMatch(e -> e.nodeHints().contains(node.name()))) {
            return SAME_NODE;
        }
        if (!node.zone().isEmpty()
                && ready.stream().noneMatch(e -> e.zoneHints().isEmpty())
                && ready.stream().anyMatch(e -> e.zoneHints().contains(node.zone()))) {
            return SAME_ZONE;
        }
        return ALL;
    }
}
