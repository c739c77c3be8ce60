package dev.sluice.core.sync;

import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import java.time.Duration;
import java.util.List;

/**
 * Hears what the sync loop does: the source of metrics and health. Every method runs on the sync thread and shall be quick.
 * What a method throws is logged and otherwise ignored.
 */
public interface SyncObserver {

    /** An observer that does nothing. */
    SyncObserver NONE = new SyncObserver() {};

    /** The loop runs, in {@code family}; no rule has been written yet. */
    default void started(IpFamily family) {}

    /**
     * A Service came, changed, or went; called once for each family.
     *
     * @param pending the number of Services that may have changed since the last sync of that family
     */
    default void serviceEvent(IpFamily family, int pending) {}

    /** An EndpointSlice came, changed, or went; {@code changed} is false when that said nothing new. */
    default void endpointSliceEvent(IpFamily family, boolean changed) {}

    /** The proxy's own node came or changed. */
    default void nodeEvent(NodeObject node) {}

    /** A sync of {@code family} is asked for; it may have been asked for already. */
    default void queued(IpFamily family) {}

    /** A sync begins: nothing is pending in {@code family} any more. */
    default void begun(IpFamily family, boolean full) {}

    /** A sync reached the kernel. */
    default void succeeded(Success success) {}

    /** There was nothing to do after all: what had changed is as it was. */
    default void unchanged(IpFamily family) {}

    /** A sync failed; a full one follows. */
    default void failed(Failure failure) {}

    /** What somebody else may have changed is compared with the kernel from now on. */
    default void repairing(IpFamily family) {}

    /** That was done; {@code report} tells what was written. A failure is told by {@link #failed}. */
    default void repaired(IpFamily family, SyncReport report) {}

    /** What is wrong at present: with the source, the objects, and in the backends. Called when the list has changed. */
    default void problems(List<Problem> problems) {}

    /** Something outside of a sync threw what it should not; full syncs follow, so that nothing is missed. */
    default void defect(Throwable cause) {}

    /** The loop has ended because the virtual machine itself fails. The process must end, to be started again. */
    default void died(Throwable cause) {}

    /**
     * A sync that reached the kernel.
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

    /** A sync that did not. */
    record Failure(IpFamily family, boolean full, Duration duration, Throwable cause) {}
}
