// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.model;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.ProxySnapshot;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A snapshot that a test edits between syncs. It remembers the changed ports until {@link #changes} is called. */
public final class EditableSnapshot implements ProxySnapshot {
    private final IpFamily family;
    private final Map<ServicePortName, ResolvedPort> ports = new HashMap<>();
    private final Set<ServicePortName> touched = new HashSet<>();
    private NodeFacts node = NodeFacts.unknown("node");
    private boolean knowsPeers = true;
    private List<Cidr> serviceRanges = List.of();
    private int endpoints;

    public EditableSnapshot(IpFamily family) {
        this.family = family;
    }

    public EditableSnapshot node(NodeFacts facts) {
        node = facts;
        return this;
    }

    /** Whether all other nodes are known, as they are at first. */
    public EditableSnapshot knowsPeers(boolean known) {
        knowsPeers = known;
        return this;
    }

    /** The ranges of cluster addresses. */
    public EditableSnapshot withServiceRanges(Cidr... ranges) {
        serviceRanges = List.of(ranges);
        return this;
    }

    @Override
    public List<Cidr> serviceRanges() {
        return serviceRanges;
    }

    /** Adds or replaces a port. */
    public EditableSnapshot put(ResolvedPort port) {
        remove(port.name());
        ports.put(port.name(), port);
        endpoints += port.endpoints().all().size();
        return this;
    }

    public EditableSnapshot remove(ServicePortName name) {
        touched.add(name);
        ResolvedPort gone = ports.remove(name);
        if (gone != null) {
            endpoints -= gone.endpoints().all().size();
        }
        return this;
    }

    /** The ports changed since the last call. */
    public Changes changes() {
        Changes changes = Changes.of(touched);
        touched.clear();
        return changes;
    }

    @Override
    public IpFamily family() {
        return family;
    }

    @Override
    public boolean knowsPeers() {
        return knowsPeers;
    }

    @Override
    public NodeFacts node() {
        return node;
    }

    @Override
    public Collection<ResolvedPort> ports() {
        return Collections.unmodifiableCollection(ports.values());
    }

    @Override
    public @Nullable ResolvedPort port(ServicePortName name) {
        return ports.get(name);
    }

    @Override
    public int endpointCount() {
        return endpoints;
    }
}
