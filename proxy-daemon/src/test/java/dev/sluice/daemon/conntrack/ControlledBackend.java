// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.conntrack;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A backend whose syncs do what the test says. */
final class ControlledBackend implements ProxyBackend {
    ProxyMode name = ProxyMode.IPTABLES;
    KernelCost cost = KernelCost.NONE;
    boolean fails;
    Runnable during = () -> {};

    @Override
    public ProxyMode mode() {
        return name;
    }

    @Override
    public IpFamily family() {
        return IpFamily.IPV4;
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        during.run();
        if (fails) {
            throw new SyncException("no");
        }
        return new SyncReport(since.everything(), cost, List.of(), Map.of());
    }

    @Override
    public SyncReport repair(ProxySnapshot applied, Suspects suspects) {
        return new SyncReport(false, cost, List.of(), Map.of());
    }

    @Override
    public Optional<Duration> nextCheck() {
        return Optional.of(Duration.ofSeconds(7));
    }

    @Override
    public Trace explain(Packet packet) {
        return Trace.notAService(List.of());
    }

    @Override
    public void cleanUp() {}

    @Override
    public void close() {}
}
