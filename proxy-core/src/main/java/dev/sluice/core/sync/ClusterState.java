// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.util.List;
import java.util.Optional;

/**
 * The desired state of this node: takes objects in any order and returns what changed. Owned by the sync thread; not
 * thread-safe.
 */
public interface ClusterState {

    void update(ServiceObject service);

    void deleteService(ServiceName name);

    /** Adds or replaces a slice; the result is empty when its family is not served. */
    Optional<SliceEffect> update(EndpointSliceObject slice);

    /** Removes a slice; the result is empty when there was none of that name. */
    Optional<SliceEffect> deleteEndpointSlice(String namespace, String name);

    /** Takes the facts of the proxy's own node; those of others are ignored. */
    void update(NodeObject node);

    /** Takes the addresses of another node; none when it was deleted. */
    default void updatePeer(String name, List<String> addresses) {}

    /** Takes the ranges of a ServiceCIDR; none when it was deleted. A changed one makes the next batch a full one. */
    default void updateServiceRanges(String name, List<String> cidrs) {}

    /** Every other node's addresses are known from now on. */
    default void peersListed() {}

    /** The number of Services that may have changed in {@code family} since its last batch; 0 when nothing has. */
    int pending(IpFamily family);

    /** Applies what is pending in {@code family} and returns what changed since the last call for that family. */
    SyncBatch take(IpFamily family);

    /** The state of {@code family} as of its last batch. */
    ProxySnapshot snapshot(IpFamily family);

    /** What is wrong with the objects at present, sorted. */
    List<Problem> problems();

    /** The effect of an EndpointSlice event; {@code changed} is false when it contained nothing new. */
    record SliceEffect(IpFamily family, boolean changed) {}
}
