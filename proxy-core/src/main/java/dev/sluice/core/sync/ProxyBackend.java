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
 * One mode in one address family. All methods run on the sync thread, which is the single writer of the backend's state;
 * a backend needs no locks for it.
 */
public interface ProxyBackend extends AutoCloseable {

    ProxyMode mode();

    IpFamily family();

    /**
     * Makes the kernel follow {@code desired}. Idempotent. A Service that cannot be programmed is left out and reported in
     * {@link SyncReport#problems()}; the others are in force.
     *
     * @param desired the whole truth for this node, valid during the call
     * @param since what may differ from the last successful sync; {@link Changes#all()} means: compare with the kernel and
     *     repair
     * @throws SyncException when the kernel is not in the desired state; the next call is then a full one
     */
    SyncReport sync(ProxySnapshot desired, Changes since) throws SyncException;

    /**
     * Compares what is suspect with the kernel, and repairs it. Where nothing differs, nothing is written.
     *
     * @param applied what was last synced, successfully
     * @throws SyncException when the kernel is not in the desired state; the next sync is then a full one
     */
    default SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        return sync(applied, Changes.all());
    }

    /**
     * How long from now until the backend wants to be synced although nothing has changed, for work that only time makes due.
     * Asked after each successful sync; that sync comes with {@link Changes} that may be empty.
     *
     * @return zero when it is due already, empty when nothing waits
     */
    default Optional<Duration> nextCheck() {
        return Optional.empty();
    }

    /**
     * Whether this mode keeps state in {@code object}, e.g. rules in a chain, its own or a built-in one. Asked on any thread;
     * the answer depends on nothing but the names.
     */
    default boolean keepsStateIn(KernelObject object) {
        return false;
    }

    /**
     * Whether a full sync writes something else when the node has {@code address}, an address of one of its links, than when it
     * has not. Asked on any thread; the answer depends on nothing but the configuration.
     */
    default boolean dependsOn(IpAddress address) {
        return false;
    }

    /** Where the last rendered state sends {@code packet}, rule by rule. */
    Trace explain(Packet packet);

    /** Leaves the node as if this mode had never run in this family. */
    void cleanUp() throws SyncException;

    /** Lets go of sockets and threads; what is in force in the kernel stays. */
    @Override
    void close();
}
