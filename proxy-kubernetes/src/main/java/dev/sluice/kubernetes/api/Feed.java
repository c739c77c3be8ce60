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
 * Hands one informer's events on to the listener. fabric8 calls it for one event after the other, a list's objects before
 * {@link #onList}.
 */
final class Feed<O, T extends Watched<O>> implements ResourceEventHandler<T> {
    private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

    private final ResourceKind kind;
    private final ClusterListener listener;
    private final Problems problems;
    private final BooleanSupplier closed;
    private final BiConsumer<Watched.Identity, O> came;
    private final Consumer<Watched.Identity> gone;
    private boolean synced;

    /**
     * A feed.
     *
     * @param closed whether nothing may be delivered any more
     * @param came takes an object that came or changed
     * @param gone takes the identity of one that went
     */
    Feed(
            ResourceKind kind,
            ClusterListener listener,
            Problems problems,
            BooleanSupplier closed,
            BiConsumer<Watched.Identity, O> came,
            Consumer<Watched.Identity> gone) {
        this.kind = kind;
        this.listener = listener;
        this.problems = problems;
        this.closed = closed;
        this.came = came;
        this.gone = gone;
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
            LOG.debug("{} is gone", ref(resource));
            problems.of(ref(resource), List.of());
            gone.accept(resource.identity());
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
        problems.of(ref(resource), resource.problems());
        O object = resource.object();
        if (object != null) {
            came.accept(resource.identity(), object);
        }
    }

    private static ObjectRef ref(Watched<?> resource) {
        return resource.identity().ref(resource.kind());
    }
}
