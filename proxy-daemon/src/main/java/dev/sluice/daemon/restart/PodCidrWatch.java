// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.restart;

import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.SyncObserver;
import java.util.List;
import java.util.function.Consumer;

/** A watch for changes of the Node's Pod ranges since the start, which the rules of mode NodeCIDR depend on. */
public final class PodCidrWatch implements SyncObserver {
    private final List<String> atStart;
    private final Consumer<String> onChange;
    private boolean told;

    /** @param onChange called once, with what has changed */
    public PodCidrWatch(List<String> atStart, Consumer<String> onChange) {
        this.atStart = List.copyOf(atStart);
        this.onChange = onChange;
    }

    @Override
    public void nodeEvent(NodeObject node) {
        if (!told && !node.podCidrs().equals(atStart)) {
            told = true;
            onChange.accept("Node " + node.name() + " has spec.podCIDRs " + node.podCidrs() + " now, was " + atStart
                    + ", and --detect-local-mode=NodeCIDR depends on them");
        }
    }
}
