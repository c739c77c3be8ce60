package dev.sluice.core.source;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import java.util.List;

/** Receives the cluster's wishes. Every object is delivered whole; the same object may be delivered again unchanged. */
public interface ClusterListener {

    /** A Service came or changed. */
    void service(ServiceObject service);

    void serviceGone(ServiceName name);

    /** An EndpointSlice came or changed. */
    void endpointSlice(EndpointSliceObject slice);

    void endpointSliceGone(String namespace, String name);

    /** The proxy's own Node came or changed. */
    void node(NodeObject node);

    void nodeGone(String name);

    /** The first complete list of {@code kind} has been delivered. Until all kinds have synced no rule is written. */
    void synced(Kind kind);

    /** The source's own problems (a broken manifest, an unreadable object), the whole list at each change. */
    void problems(List<Problem> problems);

    /** What is watched. */
    enum Kind {
        SERVICES,
        ENDPOINT_SLICES,
        NODE
    }
}
