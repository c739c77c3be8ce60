// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.sync;

import dev.sluice.ipvs.kernel.Refusals;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.SyncScope;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The state that one sync leaves to the next. Used on the sync thread alone, but for {@link #served}. */
final class SyncState {
    private final Refusals refusals = new Refusals();
    private DesiredObjects desired = new DesiredObjects();
    private volatile DesiredObjects served = desired;
    private NodeView node = new NodeView(Set.of(), List.of(), Optional.empty());
    private SyncScope unfinished = new SyncScope();
    private boolean rulesApplied;
    private @Nullable AppliedObjects applied;
    private @Nullable AppliedObjects lastApplied;

    Refusals refusals() {
        return refusals;
    }

    DesiredObjects desired() {
        return desired;
    }

    /**
     * What was desired at the last successful full sync, and since: the same object until the next one. On any thread.
     */
    DesiredObjects served() {
        return served;
    }

    NodeView node() {
        return node;
    }

    /** What the last sync could not finish. */
    SyncScope unfinished() {
        return unfinished;
    }

    /** Null when it is not known: at a start, during a sync, and after one that failed. */
    @Nullable
    AppliedObjects applied() {
        return applied;
    }

    /** What was applied when it was last known; null at a start. */
    @Nullable
    AppliedObjects lastApplied() {
        return lastApplied;
    }

    /** Whether all rules have been written once. */
    boolean rulesApplied() {
        return rulesApplied;
    }

    void rulesAreApplied() {
        rulesApplied = true;
    }

    /**
     * A sync begins: until it ends well, nothing is known to be applied, so that the next one reads everything.
     *
     * @return what was applied
     */
    @Nullable
    AppliedObjects beginSync() {
        AppliedObjects known = applied;
        if (known != null) {
            lastApplied = known;
        }
        applied = null;
        return known;
    }

    /** A full sync plans everything anew. */
    void planAnew(NodeView read) {
        node = read;
        desired = new DesiredObjects();
        refusals.clear();
    }

    void finish(AppliedObjects now, SyncScope left) {
        applied = now;
        unfinished = left;
        served = desired;
    }

    /** Nothing is known to be applied any more. */
    void forget() {
        applied = null;
        rulesApplied = false;
    }
}
