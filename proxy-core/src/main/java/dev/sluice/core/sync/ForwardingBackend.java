// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import java.time.Duration;
import java.util.Optional;

/** A backend that forwards every method to another one, for subclasses that add something to a few of them. */
public abstract class ForwardingBackend implements ProxyBackend {
    private final ProxyBackend delegate;

    protected ForwardingBackend(ProxyBackend delegate) {
        this.delegate = delegate;
    }

    @Override
    public ProxyMode mode() {
        return delegate.mode();
    }

    @Override
    public IpFamily family() {
        return delegate.family();
    }

    @Override
    public SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException {
        return delegate.sync(desired, since);
    }

    @Override
    public SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        return delegate.repair(applied, suspects);
    }

    @Override
    public Optional<Duration> nextCheck() {
        return delegate.nextCheck();
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return delegate.keepsStateIn(object);
    }

    @Override
    public boolean dependsOn(IpAddress address) {
        return delegate.dependsOn(address);
    }

    @Override
    public Trace explain(Packet packet) {
        return delegate.explain(packet);
    }

    @Override
    public void cleanUp() throws SyncException {
        delegate.cleanUp();
    }

    @Override
    public void close() {
        delegate.close();
    }
}
