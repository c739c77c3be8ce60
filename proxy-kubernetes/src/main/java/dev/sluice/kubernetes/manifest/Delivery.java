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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Tells the listener what differs from what it was told before. Used by one thread. */
final class Delivery {
    private final ClusterListener listener;
    private final String nodeName;
    private Map<ObjectRef, Wish> told = Map.of();
    private List<Problem> toldProblems = List.of();
    private boolean synced;
    private boolean upToDate;

    Delivery(ClusterListener listener, String nodeName) {
        this.listener = listener;
        this.nodeName = nodeName;
    }

    /** Whether the last delivery was carried to its end. */
    boolean isUpToDate() {
        return upToDate;
    }

    /** Delivers {@code wishes}, after the first time only what changed. */
    void deliver(Map<ObjectRef, Wish> wishes, List<Problem> problems) {
        upToDate = false;
        Map<ObjectRef, Wish> selected = new LinkedHashMap<>();
        wishes.forEach((ref, wish) -> {
            if (isSelected(wish)) {
                selected.put(ref, wish);
            }
        });
        told.forEach((ref, wish) -> {
            if (!selected.containsKey(ref)) {
                listener.accept(deleted(wish));
            }
        });
        selected.forEach((ref, wish) -> {
            if (!wish.equals(told.get(ref))) {
                listener.accept(updated(wish));
            }
        });
        told = selected;
        if (!problems.equals(toldProblems)) {
            toldProblems = List.copyOf(problems);
            listener.accept(new ClusterEvent.SourceProblems(toldProblems));
        }
        if (!synced) {
            synced = true;
            listener.accept(new ClusterEvent.Listed(ResourceKind.NODE));
            listener.accept(new ClusterEvent.Listed(ResourceKind.SERVICE));
            listener.accept(new ClusterEvent.Listed(ResourceKind.ENDPOINT_SLICE));
        }
        upToDate = true;
    }

    private boolean isSelected(Wish wish) {
        return switch (wish) {
            case Wish.OfService(ServiceObject service) ->
                Selection.selectsService(service.labels(), service.clusterIp());
            case Wish.OfSlice(EndpointSliceObject slice) -> Selection.selectsSlice(slice.labels());
            case Wish.OfNode(NodeObject node) -> node.name().equals(nodeName);
        };
    }

    private static ClusterEvent updated(Wish wish) {
        return switch (wish) {
            case Wish.OfService(ServiceObject service) -> new ClusterEvent.ServiceUpdated(service);
            case Wish.OfSlice(EndpointSliceObject slice) -> new ClusterEvent.EndpointSliceUpdated(slice);
            case Wish.OfNode(NodeObject node) -> new ClusterEvent.NodeUpdated(node);
        };
    }

    private static ClusterEvent deleted(Wish wish) {
        return switch (wish) {
            case Wish.OfService(ServiceObject service) -> new ClusterEvent.ServiceDeleted(service.name());
            case Wish.OfSlice(EndpointSliceObject slice) ->
                new ClusterEvent.EndpointSliceDeleted(slice.namespace(), slice.name());
            case Wish.OfNode(NodeObject node) -> new ClusterEvent.NodeDeleted(node.name());
        };
    }
}
