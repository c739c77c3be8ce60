// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.conntrack;

import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxySnapshot;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A snapshot that a test edits. */
final class Ports implements ProxySnapshot {
    private final Map<ServicePortName, ResolvedPort> ports = new HashMap<>();

    void put(ResolvedPort port) {
        ports.put(port.name(), port);
    }

    void remove(ServicePortName name) {
        ports.remove(name);
    }

    @Override
    public IpFamily family() {
        return IpFamily.IPV4;
    }

    @Override
    public NodeFacts node() {
        return NodeFacts.unknown("node");
    }

    @Override
    public Collection<ResolvedPort> ports() {
        return ports.values();
    }

    @Override
    public @Nullable ResolvedPort port(ServicePortName name) {
        return ports.get(name);
    }

    @Override
    public int endpointCount() {
        return ports.values().stream()
                .mapToInt(port -> port.endpoints().all().size())
                .sum();
    }
}
