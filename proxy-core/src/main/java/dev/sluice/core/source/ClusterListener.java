// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

import java.util.List;

/** Receives the events of a source, one at a time, from threads of the source's own. */
@FunctionalInterface
public interface ClusterListener {

    void accept(ClusterEvent event);

    /**
     * Receives events that belong together, such as a new Service and its EndpointSlices: who acts on the cluster's
     * state overrides this to act on none of them before it has them all.
     */
    default void acceptAll(List<ClusterEvent> events) {
        events.forEach(this::accept);
    }
}
