// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.NodeObject;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A gate that holds back what a source delivers until the proxy's own Node is known, because some settings of the
 * backends depend on it ({@code NodeCIDR}, {@code primary}); then it passes everything on in order.
 */
public final class NodeGate implements ClusterListener {
    private @Nullable List<ClusterEvent> held = new ArrayList<>();
    private @Nullable ClusterListener target;
    private @Nullable NodeObject node;
    private boolean nodeListed;

    /**
     * Waits until the Node is known and {@code enough} holds, until it is known not to exist, or for {@code patience}.
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

    /** Passes on what was held, and everything that follows. */
    public synchronized void release(ClusterListener listener) {
        target = listener;
        if (held != null) {
            listener.acceptAll(held);
            held = null;
        }
    }

    @Override
    public void accept(ClusterEvent event) {
        acceptAll(List.of(event));
    }

    @Override
    public synchronized void acceptAll(List<ClusterEvent> events) {
        events.forEach(this::lookForNode);
        if (held != null) {
            held.addAll(events);
            notifyAll();
        } else if (target != null) {
            target.acceptAll(events);
        }
    }

    private void lookForNode(ClusterEvent event) {
        switch (event) {
            case ClusterEvent.NodeUpdated(NodeObject own) -> node = own;
            case ClusterEvent.Listed(ResourceKind kind) -> nodeListed |= kind == ResourceKind.NODE;
            default -> {
                // nothing about the Node
            }
        }
    }
}
