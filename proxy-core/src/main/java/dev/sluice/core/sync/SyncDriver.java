// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResourceKind;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.ClusterEvent;
import dev.sluice.core.source.ClusterEvent.EndpointSliceDeleted;
import dev.sluice.core.source.ClusterEvent.EndpointSliceUpdated;
import dev.sluice.core.source.ClusterEvent.Listed;
import dev.sluice.core.source.ClusterEvent.NodeDeleted;
import dev.sluice.core.source.ClusterEvent.NodeUpdated;
import dev.sluice.core.source.ClusterEvent.PeerAddresses;
import dev.sluice.core.source.ClusterEvent.ServiceDeleted;
import dev.sluice.core.source.ClusterEvent.ServiceRanges;
import dev.sluice.core.source.ClusterEvent.ServiceUpdated;
import dev.sluice.core.source.ClusterEvent.SourceProblems;
import dev.sluice.core.source.ClusterListener;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.thread.ProcessEnd;
import dev.sluice.core.thread.Progress;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The work of the sync thread, without the thread: takes events, and syncs each family when it is due. Nothing is
 * synced before everything has been listed once, because a partial list would cut off the Services that are missing.
 */
final class SyncDriver implements ClusterListener {
    private static final Logger LOG = LoggerFactory.getLogger(SyncDriver.class);

    private final ClusterState state;
    private final List<FamilySync> families;
    private final SyncObservers observers;
    private final ProblemLog problemLog;
    private final Set<ResourceKind> awaited = EnumSet.allOf(ResourceKind.class);
    private List<Problem> sourceProblems = List.of();

    /** @param families in the order in which they are synced */
    SyncDriver(ClusterState state, List<FamilySync> families, SyncObservers observers) {
        this.state = state;
        this.families = List.copyOf(families);
        this.observers = observers;
        this.problemLog = new ProblemLog(observers);
        awaited.removeIf(kind -> !kind.isNeeded());
    }

    void started() {
        families.forEach(family -> observers.call(o -> o.started(family.family())));
    }

    @Override
    public void accept(ClusterEvent event) {
        switch (event) {
            case ServiceUpdated(ServiceObject service) ->
                guarded(ObjectRef.service(service.name()), () -> {
                    state.update(service);
                    serviceEvent();
                });
            case ServiceDeleted(ServiceName name) ->
                guarded(ObjectRef.service(name), () -> {
                    state.deleteService(name);
                    serviceEvent();
                });
            case EndpointSliceUpdated(EndpointSliceObject slice) ->
                guarded(
                        ObjectRef.endpointSlice(slice.namespace(), slice.name()),
                        () -> sliceEvent(state.update(slice)));
            case EndpointSliceDeleted(String namespace, String name) ->
                guarded(
                        ObjectRef.endpointSlice(namespace, name),
                        () -> sliceEvent(state.deleteEndpointSlice(namespace, name)));
            case NodeUpdated(NodeObject node) ->
                guarded(ObjectRef.node(node.name()), () -> {
                    state.update(node);
                    observers.call(o -> o.nodeEvent(node));
                    requestWherePending();
                });
            case NodeDeleted(String name) ->
                LOG.atWarn()
                        .addKeyValue("node", name)
                        .log("the Node was deleted from the cluster; its last known state stays in force");
            case PeerAddresses(String node, List<String> addresses) ->
                guarded(ObjectRef.node(node), () -> {
                    state.updatePeer(node, addresses);
                    requestWherePending();
                });
            case ServiceRanges(String name, List<String> cidrs) ->
                guarded(ObjectRef.serviceCidr(name), () -> {
                    state.updateServiceRanges(name, cidrs);
                    requestWherePending();
                });
            case Listed(ResourceKind kind)
            when kind == ResourceKind.PEER -> {
                state.peersListed();
                requestWherePending();
            }
            case Listed(ResourceKind kind) -> arrived(kind);
            case SourceProblems(List<Problem> problems) -> sourceProblems = problems;
        }
    }

    private void serviceEvent() {
        families.forEach(
                family -> observers.call(o -> o.serviceEvent(family.family(), state.pending(family.family()))));
        requestWherePending();
    }

    private void sliceEvent(Optional<ClusterState.SliceEffect> effect) {
        effect.ifPresent(e -> observers.call(o -> o.endpointSliceEvent(e.family(), e.changed())));
        requestWherePending();
    }

    /** Stops waiting for the node. */
    void proceedWithoutNode() {
        if (awaited.contains(ResourceKind.NODE)) {
            LOG.warn("the node's own object has not arrived; continuing without its addresses and zone until it does");
            arrived(ResourceKind.NODE);
        }
    }

    private void arrived(ResourceKind kind) {
        if (awaited.remove(kind) && awaited.isEmpty()) {
            families.forEach(FamilySync::requestFull);
        }
    }

    void requestFull(String reason) {
        if (awaited.isEmpty()) {
            LOG.atInfo().addKeyValue("reason", reason).log("full sync");
            families.forEach(FamilySync::requestFull);
        }
    }

    /** Repairs what is suspect in {@code family}, now. */
    void repair(IpFamily family, Suspects suspects) {
        for (FamilySync served : families) {
            if (served.family() == family) {
                served.repair(suspects);
            }
        }
    }

    /** Syncs what is due; returns the nanoseconds until something is due again. */
    long runDue() {
        for (FamilySync family : families) {
            if (family.untilDue() == 0) {
                family.run();
                Progress.made();
            }
        }
        guarded("the list of problems", this::updateProblems);
        return families.stream().mapToLong(FamilySync::untilDue).min().orElse(Long.MAX_VALUE);
    }

    private void updateProblems() {
        List<List<Problem>> lists = new ArrayList<>();
        lists.add(sourceProblems);
        lists.add(state.problems());
        families.forEach(family -> lists.add(family.problems()));
        problemLog.update(lists);
    }

    private void requestWherePending() {
        if (awaited.isEmpty()) {
            families.stream().filter(f -> state.pending(f.family()) > 0).forEach(FamilySync::request);
        }
    }

    private void guarded(Object what, Runnable action) {
        try {
            action.run();
        } catch (Throwable e) {
            ProcessEnd.rethrowFatal(e);
            LOG.atError()
                    .addKeyValue("object", what)
                    .setCause(e)
                    .log("an object could not be processed: this is a defect of Sluice, please report it");
            observers.call(o -> o.defect(e));
            requestFull("after an internal error");
        }
    }
}
