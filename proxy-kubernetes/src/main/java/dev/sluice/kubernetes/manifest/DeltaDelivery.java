// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.manifest;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.Selection;
import dev.sluice.core.source.ServiceObject;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Delivers what has changed since the last delivery. Used by one thread. */
final class DeltaDelivery {
    private final ClusterListener listener;
    private final String nodeName;
    private Map<ObjectRef, ManifestObject> delivered = Map.of();
    private List<Problem> deliveredProblems = List.of();
    private boolean synced;
    private boolean upToDate;

    DeltaDelivery(ClusterListener listener, String nodeName) {
        this.listener = listener;
        this.nodeName = nodeName;
    }

    /** Whether the last delivery was completed. */
    boolean isUpToDate() {
        return upToDate;
    }

    /**
     * Delivers {@code objects} all together, so that nobody meets a new Service without its endpoints; after the first
     * time only those that changed.
     */
    void deliver(Map<ObjectRef, ManifestObject> objects, List<Problem> problems) {
        upToDate = false;
        List<ClusterEvent> events = new ArrayList<>();
        Map<ObjectRef, ManifestObject> selected = new LinkedHashMap<>();
        objects.forEach((ref, object) -> {
            if (isSelected(object)) {
                selected.put(ref, object);
            }
        });
        delivered.forEach((ref, object) -> {
            if (!selected.containsKey(ref)) {
                events.add(deleted(object));
            }
        });
        selected.forEach((ref, object) -> {
            if (!object.equals(delivered.get(ref))) {
                events.add(updated(object));
            }
        });
        if (!problems.equals(deliveredProblems)) {
            events.add(new ClusterEvent.SourceProblems(problems));
        }
        if (!synced) {
            events.add(new ClusterEvent.Listed(ResourceKind.PEER));
            events.add(new ClusterEvent.Listed(ResourceKind.NODE));
            events.add(new ClusterEvent.Listed(ResourceKind.SERVICE));
            events.add(new ClusterEvent.Listed(ResourceKind.ENDPOINT_SLICE));
        }
        listener.acceptAll(events);
        delivered = selected;
        deliveredProblems = List.copyOf(problems);
        synced = true;
        upToDate = true;
    }

    private boolean isSelected(ManifestObject object) {
        return switch (object) {
            case ManifestObject.OfService(ServiceObject service) ->
                Selection.selectsService(service.labels(), service.clusterIp());
            case ManifestObject.OfSlice(EndpointSliceObject slice) -> Selection.selectsSlice(slice.labels());
            case ManifestObject.OfNode node -> true;
            case ManifestObject.OfServiceCidr cidr -> true;
        };
    }

    private ClusterEvent updated(ManifestObject object) {
        return switch (object) {
            case ManifestObject.OfService(ServiceObject service) -> new ClusterEvent.ServiceUpdated(service);
            case ManifestObject.OfSlice(EndpointSliceObject slice) -> new ClusterEvent.EndpointSliceUpdated(slice);
            case ManifestObject.OfServiceCidr(ClusterEvent.ServiceRanges ranges) -> ranges;
            case ManifestObject.OfNode(NodeObject node) ->
                node.name().equals(nodeName)
                        ? new ClusterEvent.NodeUpdated(node)
                        : new ClusterEvent.PeerAddresses(node.name(), node.addresses());
        };
    }

    private ClusterEvent deleted(ManifestObject object) {
        return switch (object) {
            case ManifestObject.OfService(ServiceObject service) -> new ClusterEvent.ServiceDeleted(service.name());
            case ManifestObject.OfSlice(EndpointSliceObject slice) ->
                new ClusterEvent.EndpointSliceDeleted(slice.namespace(), slice.name());
            case ManifestObject.OfServiceCidr(ClusterEvent.ServiceRanges ranges) ->
                new ClusterEvent.ServiceRanges(ranges.name(), List.of());
            case ManifestObject.OfNode(NodeObject node) ->
                node.name().equals(nodeName)
                        ? new ClusterEvent.NodeDeleted(node.name())
                        : new ClusterEvent.PeerAddresses(node.name(), List.of());
        };
    }
}
