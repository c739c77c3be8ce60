package dev.sluice.daemon.start;

import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Holds back what a source delivers until the proxy's own Node is known, because some settings of the backends depend on it
 * ({@code NodeCIDR}, {@code primary}); then hands everything on in order.
 */
public final class NodeFirst implements ClusterListener {
    private @Nullable List<Call> held = new ArrayList<>();
    private @Nullable ClusterListener target;
    private @Nullable NodeObject node;
    private boolean nodeListed;

    private interface Call {
        void on(ClusterListener listener);
    }

    /**
     * Waits until the Node has come and {@code enough} holds, until it is known that there is none, or for
     * {@code patience}.
     */
    public synchronized Optional<NodeObject> await(Predicate<NodeObject> enough, Duration patience)
            throws InterruptedException {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!done(enough)) {
            long millis = (deadline - System.nanoTime()) / 1_000_000;
            if (millis <= 0) {
                break;
            }
            wait(millis);
        }
        return Optional.ofNullable(node);
    }

    private boolean done(Predicate<NodeObject> enough) {
        return node == null ? nodeListed : enough.test(node);
    }

    /** Hands on what was held, and everything that follows. */
    public synchronized void release(ClusterListener listener) {
        target = listener;
        if (held != null) {
            held.forEach(call -> call.on(listener));
            held = null;
        }
    }

    private synchronized void pass(Call call) {
        if (held != null) {
            held.add(call);
            notifyAll();
        } else if (target != null) {
            call.on(target);
        }
    }

    @Override
    public void service(ServiceObject service) {
        pass(l -> l.service(service));
    }

    @Override
    public void serviceGone(ServiceName name) {
        pass(l -> l.serviceGone(name));
    }

    @Override
    public void endpointSlice(EndpointSliceObject slice) {
        pass(l -> l.endpointSlice(slice));
    }

    @Override
    public void endpointSliceGone(String namespace, String name) {
        pass(l -> l.endpointSliceGone(namespace, name));
    }

    @Override
    public synchronized void node(NodeObject object) {
        node = object;
        pass(l -> l.node(object));
    }

    @Override
    public void nodeGone(String name) {
        pass(l -> l.nodeGone(name));
    }

    @Override
    public synchronized void synced(Kind kind) {
        nodeListed |= kind == Kind.NODE;
        pass(l -> l.synced(kind));
    }

    @Override
    public void problems(List<Problem> problems) {
        pass(l -> l.problems(problems));
    }
}
