// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.kubernetes.api;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Passes one informer's events on to the listener. fabric8 calls it for one event at a time, and for the objects of a
 * list before {@link #onList}.
 */
final class InformerHandler<O, T extends WatchedResource<O>> implements ResourceEventHandler<T> {
    private static final Logger LOG = LoggerFactory.getLogger(InformerHandler.class);

    private final ResourceKind kind;
    private final ClusterListener listener;
    private final UnreadableResources problems;
    private final BooleanSupplier closed;
    private final BiConsumer<WatchedResource.Identity, O> updated;
    private final Consumer<WatchedResource.Identity> deleted;
    private boolean synced;

    /**
     * @param closed whether delivery has ended
     * @param updated takes an added or changed object
     * @param deleted takes the identity of a deleted one
     */
    InformerHandler(
            ResourceKind kind,
            ClusterListener listener,
            UnreadableResources problems,
            BooleanSupplier closed,
            BiConsumer<WatchedResource.Identity, O> updated,
            Consumer<WatchedResource.Identity> deleted) {
        this.kind = kind;
        this.listener = listener;
        this.problems = problems;
        this.closed = closed;
        this.updated = updated;
        this.deleted = deleted;
    }

    @Override
    public void onAdd(T resource) {
        deliver(resource);
    }

    @Override
    public void onUpdate(T before, T resource) {
        deliver(resource);
    }

    @Override
    public void onDelete(T resource, boolean finalStateUnknown) {
        if (!closed.getAsBoolean()) {
            LOG.debug("{} is deleted", ref(resource));
            problems.put(ref(resource), List.of());
            deleted.accept(resource.identity());
        }
    }

    @Override
    public void onList(String resourceVersion, boolean remainedEmpty) {
        LOG.debug("{} listed at version {}", kind, resourceVersion);
        if (!synced && !closed.getAsBoolean()) {
            synced = true;
            listener.accept(new ClusterEvent.Listed(kind));
        }
    }

    private void deliver(T resource) {
        if (closed.getAsBoolean()) {
            return;
        }
        LOG.debug("{} at version {}", ref(resource), resource.identity().resourceVersion());
        problems.put(ref(resource), resource.problems());
        O object = resource.object();
        if (object != null) {
            updated.accept(resource.identity(), object);
        }
    }

    private static ObjectRef ref(WatchedResource<?> resource) {
        return resource.identity().ref(resource.kind());
    }
}
