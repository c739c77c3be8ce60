// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.start;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.sync.SyncObserver;
import dev.sluice.core.sync.SyncReport;
import java.util.List;
import java.util.function.Consumer;

/** An observer of the sync loop that notifies several others, one after the other. */
final class SyncObservers implements SyncObserver {
    private final List<SyncObserver> observers;

    SyncObservers(List<SyncObserver> observers) {
        this.observers = List.copyOf(observers);
    }

    private void each(Consumer<SyncObserver> call) {
        observers.forEach(call);
    }

    @Override
    public void started(IpFamily family) {
        each(o -> o.started(family));
    }

    @Override
    public void serviceEvent(IpFamily family, int pending) {
        each(o -> o.serviceEvent(family, pending));
    }

    @Override
    public void endpointSliceEvent(IpFamily family, boolean changed) {
        each(o -> o.endpointSliceEvent(family, changed));
    }

    @Override
    public void nodeEvent(NodeObject node) {
        each(o -> o.nodeEvent(node));
    }

    @Override
    public void queued(IpFamily family) {
        each(o -> o.queued(family));
    }

    @Override
    public void begun(IpFamily family, boolean full) {
        each(o -> o.begun(family, full));
    }

    @Override
    public void succeeded(Success success) {
        each(o -> o.succeeded(success));
    }

    @Override
    public void unchanged(IpFamily family) {
        each(o -> o.unchanged(family));
    }

    @Override
    public void failed(Failure failure) {
        each(o -> o.failed(failure));
    }

    @Override
    public void repairing(IpFamily family) {
        each(o -> o.repairing(family));
    }

    @Override
    public void repaired(IpFamily family, SyncReport report) {
        each(o -> o.repaired(family, report));
    }

    @Override
    public void problems(List<Problem> problems) {
        each(o -> o.problems(problems));
    }

    @Override
    public void defect(Throwable cause) {
        each(o -> o.defect(cause));
    }

    @Override
    public void died(Throwable cause) {
        each(o -> o.died(cause));
    }
}
