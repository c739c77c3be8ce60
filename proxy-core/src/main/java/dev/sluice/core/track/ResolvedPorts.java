// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.ProxySnapshot;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** The resolved service ports of one family, with totals that are updated as single ports change. */
final class ResolvedPorts implements ProxySnapshot {
    private final IpFamily family;
    private final Map<ServicePortName, ResolvedPort> byName = new HashMap<>();
    private final Map<ServiceName, LocalReadiness> readiness = new HashMap<>();
    private NodeFacts node;
    private NoLocalEndpoints noLocalEndpoints = NoLocalEndpoints.NONE;
    private boolean knowsPeers = true;
    private List<Cidr> serviceRanges = List.of();
    private int endpoints;

    ResolvedPorts(IpFamily family, NodeFacts node) {
        this.family = family;
        this.node = node;
    }

    void node(NodeFacts facts) {
        node = facts;
    }

    void serviceRanges(List<Cidr> ranges) {
        serviceRanges = List.copyOf(ranges);
    }

    @Override
    public List<Cidr> serviceRanges() {
        return serviceRanges;
    }

    void knowsPeers(boolean known) {
        knowsPeers = known;
    }

    /**
     * Puts {@code after} in the place of {@code before}, the ports of one Service, and adds those that differ to
     * {@code changed}.
     */
    void replace(
            ServiceName service, List<ResolvedPort> before, List<ResolvedPort> after, Set<ServicePortName> changed) {
        Set<ServicePortName> gone = new HashSet<>();
        before.forEach(port -> gone.add(port.name()));
        for (ResolvedPort port : after) {
            gone.remove(port.name());
            if (!port.equals(byName.get(port.name()))) {
                uncount(byName.put(port.name(), port));
                count(port);
                changed.add(port.name());
            }
        }
        for (ServicePortName name : gone) {
            uncount(byName.remove(name));
            changed.add(name);
        }
        readiness(service, after);
    }

    private void count(ResolvedPort port) {
        endpoints += port.endpoints().all().size();
        noLocalEndpoints = noLocalEndpoints.plus(NoLocalEndpoints.of(port));
    }

    private void uncount(@Nullable ResolvedPort port) {
        if (port != null) {
            endpoints -= port.endpoints().all().size();
            noLocalEndpoints = noLocalEndpoints.minus(NoLocalEndpoints.of(port));
        }
    }

    private void readiness(ServiceName service, List<ResolvedPort> ports) {
        int healthPort = ports.isEmpty() ? 0 : ports.getFirst().service().healthCheckNodePort();
        LocalReadiness now = healthPort == 0 ? null : LocalReadiness.of(healthPort, ports);
        if (now == null) {
            readiness.remove(service);
        } else {
            readiness.put(service, now);
        }
    }

    @Override
    public IpFamily family() {
        return family;
    }

    @Override
    public NodeFacts node() {
        return node;
    }

    @Override
    public Collection<ResolvedPort> ports() {
        return Collections.unmodifiableCollection(byName.values());
    }

    @Override
    public boolean knowsPeers() {
        return knowsPeers;
    }

    @Override
    public @Nullable ResolvedPort port(ServicePortName name) {
        return byName.get(name);
    }

    @Override
    public int endpointCount() {
        return endpoints;
    }

    @Override
    public NoLocalEndpoints noLocalEndpoints() {
        return noLocalEndpoints;
    }

    @Override
    public @Nullable LocalReadiness localReadiness(ServiceName service) {
        return readiness.get(service);
    }

    @Override
    public Map<ServiceName, LocalReadiness> localReadiness() {
        return Collections.unmodifiableMap(readiness);
    }
}
