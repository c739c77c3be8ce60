// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import java.util.concurrent.atomic.LongAdder;

/** The counters of the engine, as its event loops write them. */
final class EngineAdders implements EngineCounters {
    final LongAdder accepted = new LongAdder();
    final LongAdder active = new LongAdder();
    final LongAdder refused = new LongAdder();
    final LongAdder retries = new LongAdder();
    final LongAdder spliced = new LongAdder();
    final LongAdder flows = new LongAdder();
    final LongAdder activeFlows = new LongAdder();
    final LongAdder dropped = new LongAdder();
    final LongAdder checks = new LongAdder();
    final LongAdder checked = new LongAdder();
    final LongAdder toEndpoints = new LongAdder();
    final LongAdder toClients = new LongAdder();
    final ConnectTimes connectTimes = new ConnectTimes();

    @Override
    public long connectionsAccepted() {
        return accepted.sum();
    }

    @Override
    public long connectionsActive() {
        return active.sum();
    }

    @Override
    public long connectionsRefused() {
        return refused.sum();
    }

    @Override
    public long connectRetries() {
        return retries.sum();
    }

    @Override
    public long connectionsSpliced() {
        return spliced.sum();
    }

    @Override
    public long flowsOpened() {
        return flows.sum();
    }

    @Override
    public long flowsActive() {
        return activeFlows.sum();
    }

    @Override
    public long datagramsDropped() {
        return dropped.sum();
    }

    @Override
    public long healthChecks() {
        return checks.sum();
    }

    @Override
    public long endpointsChecked() {
        return checked.sum();
    }

    @Override
    public long bytesToEndpoints() {
        return toEndpoints.sum();
    }

    @Override
    public long bytesToClients() {
        return toClients.sum();
    }

    @Override
    public ConnectTimes connectTimes() {
        return connectTimes;
    }
}
