// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.source;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import java.util.List;

/** A change that a source reports. Objects are complete, and may be delivered again unchanged. */
public sealed interface ClusterEvent {

    /** A Service was added or changed. */
    record ServiceUpdated(ServiceObject service) implements ClusterEvent {}

    record ServiceDeleted(ServiceName name) implements ClusterEvent {}

    /** An EndpointSlice was added or changed. */
    record EndpointSliceUpdated(EndpointSliceObject slice) implements ClusterEvent {}

    record EndpointSliceDeleted(String namespace, String name) implements ClusterEvent {}

    /** The proxy's own Node was added or changed. */
    record NodeUpdated(NodeObject node) implements ClusterEvent {}

    record NodeDeleted(String name) implements ClusterEvent {}

    /**
     * Another Node has these addresses; none once it is deleted. Delivered only where a mode binds Services' addresses.
     */
    record PeerAddresses(String node, List<String> addresses) implements ClusterEvent {
        public PeerAddresses {
            addresses = List.copyOf(addresses);
        }
    }

    /** A ServiceCIDR has these ranges; none once it is deleted. */
    record ServiceRanges(String name, List<String> cidrs) implements ClusterEvent {
        public ServiceRanges {
            cidrs = List.copyOf(cidrs);
        }
    }

    /**
     * The first complete list of {@code kind} has been delivered. No rule is written until all kinds are listed
     * but the other Nodes and ServiceCIDRs.
     */
    record Listed(ResourceKind kind) implements ClusterEvent {}

    /**
     * The source's own problems have changed, such as a broken manifest or an unreadable object; this is the whole
     * list.
     */
    record SourceProblems(List<Problem> problems) implements ClusterEvent {
        public SourceProblems {
            problems = List.copyOf(problems);
        }
    }
}
