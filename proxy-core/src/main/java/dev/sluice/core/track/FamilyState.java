// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncBatch;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The state of one family. Events only mark Services as touched; {@link #take} resolves each touched Service once,
 * however many events there were, and compares it with its former state.
 */
final class FamilyState {
    private static final Logger LOG = LoggerFactory.getLogger(FamilyState.class);

    private final ProblemsBySource problems;
    private final PortalRegistry portals;
    private final Resolution resolution;
    private final Map<ServiceName, TrackedService> services = new HashMap<>();
    private final Set<ServiceName> touched = new LinkedHashSet<>();
    private final ResolvedPorts ports;
    private @Nullable AddressOwners owners;
    private boolean nodeChanged;
    private long resolutions;

    FamilyState(IpFamily family, NodeFacts node, ProblemsBySource problems) {
        this(family, node, problems, new PortalRegistry());
    }

    private FamilyState(IpFamily family, NodeFacts node, ProblemsBySource problems, PortalRegistry portals) {
        this(family, node, problems, portals, new PortResolution(portals));
    }

    FamilyState(
            IpFamily family, NodeFacts node, ProblemsBySource problems, PortalRegistry portals, Resolution resolution) {
        this.ports = new ResolvedPorts(family, node);
        this.problems = problems;
        this.portals = portals;
        this.resolution = resolution;
    }

    /** Resolves the ports of a Service. */
    @FunctionalInterface
    interface Resolution {
        List<ResolvedPort> resolve(TrackedService service, NodeFacts node, ProblemList problems);
    }

    /** Keeps track of who else has the addresses of Services, from before the first event on. */
    void trackOwners() {
        owners = new AddressOwners(ports.family());
        ports.knowsPeers(false);
    }

    /** Who else has addresses of Services; null where nobody asks. */
    @Nullable
    AddressOwners owners() {
        return owners;
    }

    /** Takes the addresses of another node. */
    void peer(String name, List<IpAddress> addresses) {
        if (owners != null) {
            owners.node(name, addresses, touched::add);
        }
    }

    /** All other nodes are known from now on: the next batch is a full one. */
    void peersListed() {
        if (!ports.knowsPeers()) {
            ports.knowsPeers(true);
            nodeChanged = true;
        }
    }

    /** Takes the ranges of cluster addresses: the next batch is a full one when they differ. */
    void serviceRanges(Collection<Cidr> known) {
        List<Cidr> own = known.stream()
                .filter(range -> range.family() == ports.family())
                .distinct()
                .sorted(Comparator.comparing(Cidr::base).thenComparingInt(Cidr::length))
                .toList();
        if (!own.equals(ports.serviceRanges())) {
            ports.serviceRanges(own);
            nodeChanged = true;
        }
    }

    /** The state as of the last batch. */
    ResolvedPorts ports() {
        return ports;
    }

    int pending() {
        return touched.size() + (nodeChanged ? 1 : 0);
    }

    /** The number of service ports resolved so far, a measure of the work done. */
    long resolutions() {
        return resolutions;
    }

    /** The number of Services known by themselves or by a slice. */
    int size() {
        return services.size();
    }

    int portals() {
        return portals.size();
    }

    /** Replaces the declared ports of a Service; an empty list when it is deleted. */
    void declare(ServiceName name, List<Claimant> declared) {
        TrackedService state = services.get(name);
        List<Claimant> before = state == null ? List.of() : state.declared();
        if (before.equals(declared)) {
            return;
        }
        before.stream().filter(c -> !declared.contains(c)).forEach(c -> portals.remove(c, touched::add));
        declared.stream().filter(c -> !before.contains(c)).forEach(c -> portals.add(c, touched::add));
        if (owners != null) {
            owners.claim(name, before, declared);
        }
        state(name).declare(declared);
        touched.add(name);
    }

    void add(Slice slice, Optional<Instant> triggerTime) {
        TrackedService state = state(slice.owner());
        state.slices().add(slice);
        triggerTime.ifPresent(state.triggerTimes()::add);
        if (owners != null) {
            owners.add(slice, touched::add);
        }
        touched.add(slice.owner());
    }

    /** Removes a slice; {@code deleted} unless another version of it follows. */
    void remove(Slice slice, boolean deleted) {
        TrackedService state = state(slice.owner());
        state.slices().remove(slice);
        if (owners != null) {
            owners.remove(slice, touched::add);
        }
        if (deleted) {
            state.triggerTimes().clear();
        }
        touched.add(slice.owner());
    }

    /** Takes new facts of the node: the next batch is a full one; with {@code hints}, endpoints are chosen again. */
    void node(NodeFacts node, boolean hints) {
        ports.node(node);
        nodeChanged = true;
        if (hints) {
            touched.addAll(services.keySet());
        }
    }

    SyncBatch take() {
        Set<ServicePortName> changed = new HashSet<>();
        List<Instant> triggerTimes = new ArrayList<>();
        List<ServiceName> names = List.copyOf(touched);
        for (ServiceName name : names) {
            TrackedService state = state(name);
            triggerTimes.addAll(state.triggerTimes());
            state.triggerTimes().clear();
            refresh(name, state, changed);
            touched.remove(name);
            if (state.isEmpty()) {
                services.remove(name);
            }
        }
        Changes changes = nodeChanged ? Changes.all() : Changes.of(changed);
        nodeChanged = false;
        return new SyncBatch(ports, changes, triggerTimes);
    }

    private void refresh(ServiceName name, TrackedService state, Set<ServicePortName> changed) {
        List<ResolvedPort> before = state.resolved();
        List<ResolvedPort> after;
        List<Problem> found;
        try {
            ProblemList list = new ProblemList(ObjectRef.service(name));
            resolutions += state.declared().size();
            after = owned(resolution.resolve(state, ports.node(), list));
            found = list.toList();
        } catch (RuntimeException e) {
            LOG.atError()
                    .addKeyValue("service", name)
                    .setCause(e)
                    .log("a Service cannot be resolved and is left out: this is a defect of Sluice, please"
                            + " report it");
            after = List.of();
            found = List.of(
                    Problem.skipped(ObjectRef.service(name), "", "left out because of an internal error: " + e));
        }
        state.resolve(after);
        problems.put(new Source(ports.family(), name), found);
        ports.replace(name, before, after, changed);
    }

    private List<ResolvedPort> owned(List<ResolvedPort> resolved) {
        AddressOwners known = owners;
        return known == null
                ? resolved
                : resolved.stream()
                        .map(port -> port.withOwners(known.of(port.service())))
                        .toList();
    }

    private TrackedService state(ServiceName name) {
        return services.computeIfAbsent(name, n -> new TrackedService());
    }

    /** Identifies the problems of a Service in one family. */
    private record Source(IpFamily family, ServiceName name) {}
}
