// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ProblemList;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.EndpointSliceObject;
import dev.sluice.core.source.NodeObject;
import dev.sluice.core.source.ServiceObject;
import dev.sluice.core.sync.ClusterState;
import dev.sluice.core.sync.ProxySnapshot;
import dev.sluice.core.sync.SyncBatch;
import dev.sluice.core.track.PortalRegistry.Claimant;
import java.time.Instant;
import java.time.InstantSource;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Turns the objects of the cluster into service ports with endpoints, in both families, and tracks what changed since
 * the last batch. The result depends on the objects alone, not on their order.
 *
 * <p>The cost of an event grows with its object, that of a batch with the changed Services, not with all of them. An
 * unchanged object costs nothing further. Only what is needed of the objects is kept. Not thread-safe.
 */
public final class ChangeTracker implements ClusterState {
    private final String nodeName;
    private final Instant begin;
    private final ProblemsBySource problems = new ProblemsBySource();
    private final Map<IpFamily, FamilyState> families = new EnumMap<>(IpFamily.class);
    private final Map<Slice.Name, Slice> slices = new HashMap<>();
    private NodeFacts node;
    private final Map<String, List<Cidr>> serviceRanges = new HashMap<>();
    private boolean externalIps = true;

    /**
     * Creates a tracker for the node {@code nodeName}, of which nothing else is known yet.
     *
     * @param served the families that are served; objects of others are ignored
     * @param clock changes caused before its present time do not count for the programming latency
     */
    public ChangeTracker(String nodeName, Set<IpFamily> served, InstantSource clock) {
        this.nodeName = nodeName;
        this.begin = clock.instant();
        this.node = NodeFacts.unknown(nodeName);
        for (IpFamily family : served) {
            families.put(family, new FamilyState(family, node, problems));
        }
    }

    /** Ignores {@code spec.externalIPs} of Services from now on (feature gate AllowServiceExternalIPs). */
    public ChangeTracker withoutExternalIps() {
        externalIps = false;
        return this;
    }

    /** Tells from now on which external addresses other nodes or endpoints have, for a mode that binds addresses. */
    public ChangeTracker withAddressOwners() {
        families.values().forEach(FamilyState::trackOwners);
        return this;
    }

    @Override
    public void update(ServiceObject declaredService) {
        ServiceObject service = externalIps ? declaredService : declaredService.withoutExternalIps();
        Set<Problem> found = new LinkedHashSet<>();
        for (IpFamily family : families.keySet()) {
            ParsedService parsed = ServiceParser.parse(service, family);
            found.addAll(parsed.problems());
            List<Claimant> declared = parsed.declared().stream()
                    .map(port -> new Claimant(port, service.metadata().created()))
                    .toList();
            family(family).declare(service.name(), declared);
        }
        problems.put(service.name(), List.copyOf(found));
    }

    @Override
    public void deleteService(ServiceName name) {
        families.values().forEach(family -> family.declare(name, List.of()));
        problems.put(name, List.of());
    }

    @Override
    public Optional<SliceEffect> update(EndpointSliceObject object) {
        Slice.Name name = new Slice.Name(object.namespace(), object.name());
        ParsedSlice parsed = SliceParser.parse(object, nodeName);
        problems.put(name, parsed.problems());
        Slice slice =
                parsed.slice().filter(s -> families.containsKey(s.family())).orElse(null);
        if (slice == null) {
            return remove(name, true);
        }
        if (slice.equals(slices.get(name))) {
            return Optional.of(new SliceEffect(slice.family(), false));
        }
        remove(name, false);
        slices.put(name, slice);
        family(slice.family()).add(slice, triggerTime(object));
        return Optional.of(new SliceEffect(slice.family(), true));
    }

    @Override
    public Optional<SliceEffect> deleteEndpointSlice(String namespace, String name) {
        Slice.Name slice = new Slice.Name(namespace, name);
        problems.put(slice, List.of());
        return remove(slice, true);
    }

    private Optional<SliceEffect> remove(Slice.Name name, boolean deleted) {
        Slice before = slices.remove(name);
        if (before == null) {
            return Optional.empty();
        }
        family(before.family()).remove(before, deleted);
        return Optional.of(new SliceEffect(before.family(), true));
    }

    private Optional<Instant> triggerTime(EndpointSliceObject slice) {
        String text = slice.annotations().getOrDefault(EndpointSliceObject.TRIGGER_TIME_ANNOTATION, "");
        try {
            Instant time =
                    text.isEmpty() ? Instant.MIN : OffsetDateTime.parse(text).toInstant();
            return Optional.of(time).filter(t -> t.isAfter(begin));
        } catch (DateTimeParseException e) {
            return Optional.empty(); // the annotation serves a statistic only
        }
    }

    @Override
    public void update(NodeObject object) {
        if (!object.name().equals(nodeName)) {
            return;
        }
        NodeFacts before = node;
        NodeFacts facts = facts(object);
        if (!facts.equals(before)) {
            node = facts;
            families.values().forEach(family -> family.node(facts, !facts.zone().equals(before.zone())));
        }
    }

    /** What is no address is left out without a problem: the node's own proxy reports it. */
    @Override
    public void updatePeer(String name, List<String> addresses) {
        List<IpAddress> parsed = name.equals(nodeName)
                ? List.of()
                : addresses.stream()
                        .flatMap(text -> IpAddress.parse(text).stream())
                        .toList();
        families.values().forEach(family -> family.peer(name, parsed));
    }

    /** An invalid range is reported, and the others are used. */
    @Override
    public void updateServiceRanges(String name, List<String> cidrs) {
        ProblemList found = new ProblemList(ObjectRef.serviceCidr(name));
        List<Cidr> ranges = new ArrayList<>();
        for (String text : cidrs) {
            Cidr.parse(text)
                    .ifPresentOrElse(ranges::add, () -> found.ignored("spec.cidrs", "'" + text + "' is not a range"));
        }
        problems.put(ObjectRef.serviceCidr(name), found.toList());
        if (ranges.isEmpty()) {
            serviceRanges.remove(name);
        } else {
            serviceRanges.put(name, List.copyOf(ranges));
        }
        List<Cidr> all = serviceRanges.values().stream().flatMap(List::stream).toList();
        families.values().forEach(family -> family.serviceRanges(all));
    }

    @Override
    public void peersListed() {
        families.values().forEach(FamilyState::peersListed);
    }

    private NodeFacts facts(NodeObject object) {
        ProblemList found = new ProblemList(ObjectRef.node(object.name()));
        List<IpAddress> addresses = new ArrayList<>();
        for (List<String> texts : List.of(object.internalIps(), object.externalIps())) {
            for (String text : texts) {
                IpAddress.parse(text)
                        .ifPresentOrElse(
                                addresses::add,
                                () -> found.ignored("status.addresses", "'" + text + "' is not an IP address"));
            }
        }
        List<Cidr> podCidrs = new ArrayList<>();
        for (String text : object.podCidrs()) {
            Cidr.parse(text)
                    .ifPresentOrElse(
                            podCidrs::add, () -> found.ignored("spec.podCIDRs", "'" + text + "' is not a range"));
        }
        problems.put(nodeName, found.toList());
        return new NodeFacts(nodeName, object.zone(), addresses, podCidrs);
    }

    @Override
    public int pending(IpFamily family) {
        return family(family).pending();
    }

    @Override
    public SyncBatch take(IpFamily family) {
        return family(family).take();
    }

    @Override
    public ProxySnapshot snapshot(IpFamily family) {
        return family(family).ports();
    }

    @Override
    public List<Problem> problems() {
        return problems.all();
    }

    /** The state of one family, for tests of its cost. */
    FamilyState family(IpFamily family) {
        FamilyState state = families.get(family);
        if (state == null) {
            throw new IllegalStateException("no state of " + family);
        }
        return state;
    }
}
