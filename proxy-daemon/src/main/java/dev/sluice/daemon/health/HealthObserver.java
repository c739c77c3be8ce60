// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncObserver;
import java.util.List;

/** An observer of the sync loop that updates the health state. */
public final class HealthObserver implements SyncObserver {
    private final HealthState health;

    public HealthObserver(HealthState health) {
        this.health = health;
    }

    @Override
    public void nodeEvent(NodeObject node) {
        health.node(node);
    }

    @Override
    public void queued(IpFamily family) {
        health.queued(family);
    }

    @Override
    public void unchanged(IpFamily family) {
        health.updated(family);
    }

    @Override
    public void succeeded(Success success) {
        health.updated(success.family());
    }

    @Override
    public void failed(Failure failure) {
        Throwable cause = failure.cause();
        health.failed(
                failure.family(),
                cause instanceof SyncException ? String.valueOf(cause.getMessage()) : cause.toString());
    }

    @Override
    public void problems(List<Problem> problems) {
        health.problems(problems);
    }
}
