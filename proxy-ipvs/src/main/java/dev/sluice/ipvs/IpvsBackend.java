// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import dev.sluice.core.config.ProxyMode;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxyBackend;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.Suspects;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.kernel.IpvsKernel;
import dev.sluice.ipvs.kernel.IpvsRemoval;
import dev.sluice.ipvs.kernel.KernelHandles;
import dev.sluice.ipvs.kernel.KernelPreparation;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.sync.Reconciler;
import dev.sluice.ipvs.traffic.IpvsTrafficCounters;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.route.LinkChange;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.LongSupplier;

/**
 * The ipvs mode in one family: a virtual server for each address and port of a Service, a dummy device that makes the
 * addresses local, and fixed iptables rules that look up in IP sets what to masquerade, to drop and to reject.
 *
 * <p>A sync of named changes compares them with what is known to be applied and sends the difference; only a full sync
 * reads the kernel. When the kernel turns out to hold something else, it is read anew within the same sync.
 *
 * <p>The backend has no thread of its own: idle drains are deleted by the sync that {@link #nextCheck()} asks for. The
 * node's addresses are read by full syncs only, so that the owner asks for one when they change.
 */
final class IpvsBackend implements ProxyBackend, IpvsTrafficCounters.Owners {
    private final IpFamily family;
    private final KernelHandles handles;
    private final IpvsKernel kernel;
    private final KernelPreparation preparation;
    private final IpvsRules rules;
    private final Reconciler reconciler;
    private boolean prepared;

    /**
     * Closing the backend closes {@code handles}.
     *
     * @param bootNanos a clock that continues across restarts of this process: real servers that drain carry its time
     */
    IpvsBackend(IpvsConfig config, KernelHandles handles, LongSupplier bootNanos) {
        family = config.family();
        this.handles = handles;
        rules = new IpvsRules(config, handles.iptables().supportsRandomFully());
        kernel = IpvsKernel.of(config, rules, handles);
        preparation = new KernelPreparation(config.options(), kernel);
        reconciler = new Reconciler(config, kernel, bootNanos);
    }

    @Override
    public ProxyMode mode() {
        return ProxyMode.IPVS;
    }

    @Override
    public IpFamily family() {
        return family;
    }

    /**
     * Checks that the kernel has IPVS and the scheduler, and sets the kernel parameters that the mode needs. The first
     * sync does it if it has not been done.
     */
    void prepare() throws SyncException {
        if (!prepared) {
            preparation.prepare();
            prepared = true;
        }
    }

    @Override
    public Optional<Duration> nextCheck() {
        return reconciler.nextCheck();
    }

    /** As {@link Reconciler#nextOwnStep()}. */
    Optional<Duration> nextOwnStep() {
        return reconciler.nextOwnStep();
    }

    @Override
    public SyncReport sync(ProxySnapshot snapshot, Changes since) throws SyncException {
        prepare();
        try {
            return reconciler.sync(snapshot, since);
        } catch (KernelException e) {
            throw new SyncException("ipvs mode, " + family + ": " + e.getMessage(), e);
        }
    }

    /**
     * Compares the rules, and all else for what others have changed. What the watch of rules and links reports concerns
     * this node alone, so that no Service is planned anew.
     */
    @Override
    public SyncReport repair(ProxySnapshot applied, Suspects suspects) throws SyncException {
        prepare();
        try {
            return reconciler.repair(applied);
        } catch (KernelException e) {
            throw new SyncException("ipvs mode, " + family + ": " + e.getMessage(), e);
        }
    }

    /**
     * Whether others changed the dummy device or an address on it, a reason to {@link #repair}. Asked on any thread.
     */
    boolean isConcernedBy(LinkChange change) {
        return kernel.dummy().isForeign(change);
    }

    @Override
    public boolean keepsStateIn(KernelObject object) {
        return IpvsRules.usesChain(object.kind(), object.name());
    }

    /** Each address has virtual servers of its own for node ports, and is not bound to the dummy device. */
    @Override
    public boolean dependsOn(IpAddress address) {
        return address.family() == family && address.isReachable();
    }

    @Override
    public Trace explain(Packet packet) {
        return reconciler.explain(rules, packet);
    }

    @Override
    public void forEachServer(BiConsumer<VirtualServerKey, ServicePortName> each) {
        reconciler.forEachServer(each);
    }

    /**
     * Removes this family's virtual servers, addresses and sets, but no rule: for a proxy of another mode, whose rules
     * have chains of the same names. No rule may look up the sets any more.
     *
     * @return whether there was anything
     */
    boolean removeAllButRules() throws SyncException {
        try {
            return new IpvsRemoval(kernel).removeAllButRules();
        } catch (KernelException e) {
            throw new SyncException("clean-up of ipvs mode, " + family + ": " + e.getMessage(), e);
        }
    }

    /** Removes this family's sets that kube-proxy's ipvs mode does not have, for that mode; otherwise as above. */
    boolean removeUnsharedSets() throws SyncException {
        try {
            return new IpvsRemoval(kernel).removeUnsharedSets();
        } catch (KernelException e) {
            throw new SyncException("clean-up of ipvs mode, " + family + ": " + e.getMessage(), e);
        }
    }

    /**
     * Removes this family's virtual servers, rules, addresses and sets, and the dummy device once the other family has
     * no address there. Foreign virtual servers stay, and so do kernel parameters. Works without a sync before it.
     */
    @Override
    public void cleanUp() throws SyncException {
        reconciler.forget();
        try {
            new IpvsRemoval(kernel).removeAll();
        } catch (KernelException e) {
            throw new SyncException("clean-up of ipvs mode, " + family + ": " + e.getMessage(), e);
        }
    }

    @Override
    public void close() {
        handles.close();
    }
}
