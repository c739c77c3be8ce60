// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import java.time.Duration;
import java.util.List;

/**
 * An observer of the sync loop: the source of metrics and health. Every method runs on the sync thread and must be
 * quick. What it throws is logged and otherwise ignored.
 */
public interface SyncObserver {

    /** The loop has started, in {@code family}; no rule has been written yet. */
    default void started(IpFamily family) {}

    /**
     * A Service was added, changed or deleted; called once for each family.
     *
     * @param pending the number of Services that may have changed since the last sync of that family
     */
    default void serviceEvent(IpFamily family, int pending) {}

    /** An EndpointSlice was added, changed or deleted; {@code changed} is false when that made no difference. */
    default void endpointSliceEvent(IpFamily family, boolean changed) {}

    /** The proxy's own node was added or changed. */
    default void nodeEvent(NodeObject node) {}

    /** A sync of {@code family} is requested, perhaps again. */
    default void queued(IpFamily family) {}

    /** A sync begins; nothing is pending in {@code family} any more. */
    default void begun(IpFamily family, boolean full) {}

    /** A sync succeeded. */
    default void succeeded(Success success) {}

    /** A sync had nothing to do: the changes cancelled out. */
    default void unchanged(IpFamily family) {}

    /** A sync failed; a full one follows. */
    default void failed(Failure failure) {}

    /** A repair begins. */
    default void repairing(IpFamily family) {}

    /** A repair ended; {@code report} says what was written. {@link #failed} reports a failure. */
    default void repaired(IpFamily family, SyncReport report) {}

    /** The present problems of the source, the objects and the backends. Called when the list has changed. */
    default void problems(List<Problem> problems) {}

    /** Code outside a sync threw an unexpected exception; full syncs follow, so that nothing is missed. */
    default void defect(Throwable cause) {}

    /** The loop has ended because the virtual machine failed. The process must exit and be restarted. */
    default void died(Throwable cause) {}

    /**
     * A successful sync.
     *
     * @param latencies for each EndpointSlice change in it, the time from its cause to now
     * @param portCount the number of service ports in the snapshot
     */
    record Success(
            IpFamily family,
            boolean full,
            SyncReport report,
            Duration duration,
            List<Duration> latencies,
            int portCount,
            int endpointCount,
            NoLocalEndpoints noLocalEndpoints,
            ReadinessUpdate readiness) {

        public Success {
            latencies = List.copyOf(latencies);
        }
    }

    /** A failed sync. */
    record Failure(IpFamily family, boolean full, Duration duration, Throwable cause) {}
}
