// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.kernel.HostException;
import dev.sluice.core.mode.ProxyModule;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.testkit.fake.FakeHost;
import dev.sluice.testkit.fake.HostDump;
import dev.sluice.testkit.model.EditableSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/** A process in one mode and family on a host of fakes, with the snapshot that it syncs. */
final class ModeOnHost implements AutoCloseable {
    /** Longer than any delay after which a mode does deferred work. */
    private static final Duration LONG = Duration.ofMinutes(1);

    final IpFamily family;
    final FakeHost host;
    final EditableSnapshot snapshot;
    private final Function<FakeHost, ProxyModule> modes;
    private ProxyModule module;
    private ProxyBackend backend;

    ModeOnHost(IpFamily family, FakeHost host, Function<FakeHost, ProxyModule> modes, IpAddress node) {
        this.family = family;
        this.host = host;
        this.modes = modes;
        snapshot = new EditableSnapshot(family).node(new NodeFacts("node", "", List.of(node), List.of()));
        module = modes.apply(host);
        backend = open(module);
    }

    private ProxyBackend open(ProxyModule fresh) {
        try {
            fresh.requireHost();
            List<ProxyBackend> backends = fresh.open(List.of(BackendConfig.defaults(family)));
            fresh.prepare();
            return backends.getFirst();
        } catch (HostException e) {
            throw new IllegalStateException(e);
        }
    }

    ProxyModule module() {
        return module;
    }

    ProxyBackend backend() {
        return backend;
    }

    /** Ends the process and starts another one; the kernel's state stays. */
    void restart() {
        close();
        module = modes.apply(host);
        backend = open(module);
    }

    SyncReport full() throws SyncException {
        snapshot.changes();
        return backend.sync(snapshot, Changes.all());
    }

    /** Syncs what was put or removed since the last sync. */
    SyncReport changed() throws SyncException {
        return backend.sync(snapshot, snapshot.changes());
    }

    /** Puts {@code port} and syncs it. */
    SyncReport changedTo(ResolvedPort port) throws SyncException {
        snapshot.put(port);
        return changed();
    }

    SyncReport repair() throws SyncException {
        return backend.repair(snapshot, Suspects.all());
    }

    /** Lets time pass and syncs until no deferred work is left. */
    void settle() throws SyncException {
        for (int i = 0; i < 2; i++) {
            host.pass(LONG);
            changed();
        }
    }

    /** Traces a Pod's packet to the port's cluster address. */
    Trace explain(ResolvedPort port) {
        return explain(
                port.name().protocol(),
                port.service().addresses().clusterIp(),
                port.service().port());
    }

    Trace explain(Protocol protocol, IpAddress to, int port) {
        IpAddress pod = IpAddress.of(family == IpFamily.IPV4 ? "10.244.1.9" : "fd00:244:1::9");
        return backend.explain(new Packet(protocol, pod, 40_000, to, port, Packet.Origin.ARRIVING, "pod-a9"));
    }

    List<String> dump() {
        return HostDump.of(host);
    }

    @Override
    public void close() {
        backend.close();
        module.close();
    }
}
