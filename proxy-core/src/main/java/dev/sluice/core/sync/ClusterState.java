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
 * What the cluster wants of this node: takes the objects one by one, in any order, and gives out what changed. Owned by the
 * sync thread; not thread-safe.
 */
public interface ClusterState {

    void service(ServiceObject service);

    void serviceGone(ServiceName name);

    /** Takes a slice in; the answer is empty when it is of no family that is served. */
    Optional<SliceEffect> endpointSlice(EndpointSliceObject slice);

    /** Takes a slice out; the answer is empty when there was none of that name. */
    Optional<SliceEffect> endpointSliceGone(String namespace, String name);

    void node(NodeObject node);

    /** The number of Services that may have changed in {@code family} since its last batch; 0 means that nothing has. */
    int pending(IpFamily family);

    /** Applies what is pending in {@code family} and tells what changed since the last call for that family. */
    Batch take(IpFamily family);

    /** The state of {@code family} as of its last batch. */
    ProxySnapshot snapshot(IpFamily family);

    /** What is wrong with the objects at present, sorted. */
    List<Problem> problems();

    /** What an EndpointSlice event did; {@code changed} is false when it said nothing new. */
    record SliceEffect(IpFamily family, boolean changed) {}
}
