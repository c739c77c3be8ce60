package dev.sluice.core.model;

import java.util.List;

/** Which ready endpoints the hints leave to this node's cluster-wide traffic (KEP-2433, KEP-3015). */
enum TopologyScope {
    /** No hints that hold here: all of them. */
    ALL,
    /** Those hinted for this node. */
    SAME_NODE,
    /** Those hinted for this node's zone. */
    SAME_ZONE;

    /**
     * One endpoint without a hint takes a kind of hint out of force, and so does a kind that no endpoint has for this node:
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
