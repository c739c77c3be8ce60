// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ResolvedPort.Disposition;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A backend that programs nothing. It remembers the ports of the last sync, which other backends keep in the kernel.
 */
final class IdleBackend implements ProxyBackend {
    private static final ObjectKind PORTS = ObjectKind.of("idle.ports");

    private final ProxyMode mode;
    private final IpFamily family;
    private final Map<ServicePortName, ResolvedPort> applied = new TreeMap<>();
    private boolean synced;

    IdleBackend(ProxyMode mode, IpFamily family) {
        this.mode = mode;
        this.family = family;
    }

    @Override
    public ProxyMode mode() {
        return mode;
    }

    @Override
    public IpFamily family() {
        return family;
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) {
        boolean full = since.everything() || !synced;
        if (full) {
            applied.clear();
            desired.ports().forEach(port -> applied.put(port.name(), port));
        } else {
            since.ports().forEach(name -> apply(name, desired));
        }
        synced = true;
        return new SyncReport(full, KernelCost.NONE, List.of(), Map.of(PORTS, (long) applied.size()));
    }

    private void apply(ServicePortName name, ProxySnapshot desired) {
        ResolvedPort port = desired.port(name);
        if (port == null) {
            applied.remove(name);
        } else {
            applied.put(name, port);
        }
    }

    /** Knows cluster addresses only. */
    @Override
    public Trace explain(Packet packet) {
        for (ResolvedPort port : applied.values()) {
            if (isFor(packet, port)) {
                return trace(port);
            }
        }
        return Trace.notAService(List.of());
    }

    private static boolean isFor(Packet packet, ResolvedPort port) {
        return packet.protocol() == port.name().protocol()
                && packet.destinationPort() == port.service().port()
                && packet.destination().equals(port.service().addresses().clusterIp());
    }

    private static Trace trace(ResolvedPort port) {
        Disposition disposition = port.internalDisposition();
        List<Step> steps = List.of(new Step("idle", port.name() + ": " + disposition));
        return switch (disposition) {
            case DROP -> Trace.stopped(port.name(), steps, Verdict.DROP);
            case REJECT -> Trace.stopped(port.name(), steps, Verdict.REJECT);
            case FORWARD -> {
                List<Endpoint> endpoints = port.internalEndpoints();
                double share = 1.0 / endpoints.size();
                yield new Trace(
                        port.name(),
                        steps,
                        Verdict.FORWARD,
                        endpoints.stream()
                                .map(e -> new Candidate(e.address(), e.port(), share, false))
                                .toList());
            }
        };
    }

    @Override
    public void cleanUp() {
        close();
    }

    @Override
    public void close() {
        applied.clear();
        synced = false;
    }
}
