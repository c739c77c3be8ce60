// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.snapshot;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The objects that were delivered last, as lines of a snapshot. Thread-safe. */
final class StoredObjects {
    private final Map<ObjectRef.Resource, byte[]> lines = new HashMap<>();
    private long bytes;

    /** Takes an event in; returns whether that has changed anything. */
    boolean take(ClusterEvent event) {
        return switch (event) {
            case ClusterEvent.ServiceUpdated(ServiceObject service) -> put(ObjectLine.of(service));
            case ClusterEvent.EndpointSliceUpdated(EndpointSliceObject slice) -> put(ObjectLine.of(slice));
            case ClusterEvent.NodeUpdated(NodeObject node) -> put(ObjectLine.of(node));
            case ClusterEvent.ServiceDeleted(ServiceName name) -> remove(ObjectRef.service(name));
            case ClusterEvent.EndpointSliceDeleted(String namespace, String name) ->
                remove(ObjectRef.endpointSlice(namespace, name));
            case ClusterEvent.NodeDeleted(String name) -> remove(ObjectRef.node(name));
            case ClusterEvent.PeerAddresses peer ->
                peer.addresses().isEmpty() ? remove(ObjectLine.peer(peer.node())) : put(ObjectLine.of(peer));
            case ClusterEvent.ServiceRanges ranges ->
                ranges.cidrs().isEmpty() ? remove(ObjectRef.serviceCidr(ranges.name())) : put(ObjectLine.of(ranges));
            case ClusterEvent.Listed listed -> false;
            case ClusterEvent.SourceProblems problems -> false;
        };
    }

    synchronized boolean put(ObjectLine object) {
        byte @Nullable [] before = lines.put(object.ref(), object.text());
        bytes += size(object.text()) - size(before);
        return !Arrays.equals(before, object.text());
    }

    private synchronized boolean remove(ObjectRef.Resource object) {
        byte @Nullable [] before = lines.remove(object);
        bytes -= size(before);
        return before != null;
    }

    private static long size(byte @Nullable [] line) {
        return line == null ? 0 : line.length + 1;
    }

    /** The size of their lines, in bytes. */
    synchronized long bytes() {
        return bytes;
    }

    synchronized List<byte[]> lines() {
        return new ArrayList<>(lines.values());
    }
}
