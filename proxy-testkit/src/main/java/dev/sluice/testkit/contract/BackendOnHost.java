// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.contract;

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
import org.jspecify.annotations.Nullable;

/**
 * A process with one backend on a host of fakes, and the snapshot that it syncs. A mode's tests extend it by what is
 * special about the mode.
 *
 * @param <B> the backend
 */
public abstract class BackendOnHost<B extends ProxyBackend> implements AutoCloseable {
    /** Longer than any delay after which a mode does deferred work. */
    private static final Duration LONG = Duration.ofMinutes(1);

    public final IpFamily family;
    public final FakeHost host;
    public final EditableSnapshot snapshot;
    private @Nullable B backend;

    /** @param node the addresses of the node that the API server knows */
    protected BackendOnHost(FakeHost host, IpFamily family, IpAddress... node) {
        this.host = host;
        this.family = family;
        snapshot = new EditableSnapshot(family).node(new NodeFacts("node", "", List.of(node), List.of()));
    }

    /** The backend of a process that starts now. */
    protected abstract B start();

    /** The backend of the running process, which starts with the first call. */
    public final B backend() {
        B running = backend;
        if (running == null) {
            running = start();
            backend = running;
        }
        return running;
    }

    /** Ends the process and starts another one; the kernel's state stays. */
    public final void restart() {
        close();
        backend();
    }

    /** Adds or replaces a port of the snapshot. */
    public BackendOnHost<B> put(ResolvedPort port) {
        snapshot.put(port);
        return this;
    }

    /** Compares everything with the kernel. */
    public final SyncReport fullSync() throws SyncException {
        snapshot.changes();
        return backend().sync(snapshot, Changes.all());
    }

    /** Syncs what was put or removed since the last sync. */
    public final SyncReport sync() throws SyncException {
        return backend().sync(snapshot, snapshot.changes());
    }

    /** Puts {@code port} and syncs it. */
    public final SyncReport sync(ResolvedPort port) throws SyncException {
        snapshot.put(port);
        return sync();
    }

    public final SyncReport repair() throws SyncException {
        return backend().repair(snapshot, Suspects.all());
    }

    /** Lets time pass and syncs until no deferred work is left. */
    public final void settle() throws SyncException {
        for (int i = 0; i < 2; i++) {
            host.pass(LONG);
            sync();
        }
    }

    /** Traces a Pod's packet to the port's cluster address. */
    public final Trace explain(ResolvedPort port) {
        return explain(
                port.name().protocol(),
                port.service().addresses().clusterIp(),
                port.service().port());
    }

    /** Traces a Pod's packet to that portal. */
    public final Trace explain(Protocol protocol, IpAddress to, int port) {
        IpAddress pod = IpAddress.of(family == IpFamily.IPV4 ? "10.244.1.9" : "fd00:244:1::9");
        return backend().explain(new Packet(protocol, pod, 40_000, to, port, Packet.Origin.ARRIVING, "pod-a9"));
    }

    /** Everything that an operator could list, one line each. */
    public final List<String> dump() {
        return HostDump.of(host);
    }

    /** Ends the process, if it runs. */
    @Override
    public void close() {
        if (backend != null) {
            backend.close();
            backend = null;
        }
    }
}
