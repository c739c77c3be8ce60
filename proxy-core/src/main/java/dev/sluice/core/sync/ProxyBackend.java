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

/**
 * One mode in one address family. All methods run on the sync thread, the single writer of the backend's state, unless
 * they say otherwise; a backend needs no locks.
 */
public interface ProxyBackend extends AutoCloseable {

    ProxyMode mode();

    IpFamily family();

    /**
     * Applies {@code desired} to the kernel. Idempotent. A Service that cannot be programmed is left out and reported
     * in {@link SyncReport#problems()}; the others are in force.
     *
     * @param desired the complete state for this node, valid during the call
     * @param since what may differ from the last successful sync; {@link Changes#all()} means: compare with the kernel
     *     and repair
     * @throws SyncException when the kernel is not in the desired state; the next call is then a full one
     */
    SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException;

    /**
     * Compares what is suspect with the kernel and repairs it. Writes nothing where nothing differs.
     *
     * @param applied the state of the last successful sync
     * @throws SyncException when the kernel is not in the desired state; the next sync is then a full one
     */
    default SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        return sync(applied, Changes.all());
    }

    /**
     * The time until the backend needs a sync although nothing has changed, for work that is due by time alone. Called
     * after each successful sync; the {@link Changes} of the sync that follows may be empty.
     *
     * @return zero when it is due, empty when nothing is pending
     */
    default Optional<Duration> nextCheck() {
        return Optional.empty();
    }

    /**
     * Whether this mode keeps state in {@code object}, e.g. rules in a chain, its own or a built-in one. Called on any
     * thread; the result depends on the names alone.
     */
    default boolean keepsStateIn(KernelObject object) {
        return false;
    }

    /**
     * Whether the result of a full sync depends on the node having {@code address} on one of its links. Called on any
     * thread; the result depends on the configuration alone.
     */
    default boolean dependsOn(IpAddress address) {
        return false;
    }

    /** Where the last rendered state sends {@code packet}, rule by rule. */
    Trace explain(Packet packet);

    /** Removes everything of this mode and family from the kernel. */
    void cleanUp() throws SyncException;

    /** Releases sockets and threads; the state in the kernel stays. */
    @Override
    void close();
}
