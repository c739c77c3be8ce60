// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.LocalReadiness;
import dev.sluice.core.model.NoLocalEndpoints;
import dev.sluice.core.model.NodeFacts;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The complete desired state of this node in one address family: a read-only view of the tracker's state, which costs
 * nothing to take and is valid on the sync thread until the next change is applied. Its elements are immutable and may
 * be kept.
 */
public interface ProxySnapshot {

    IpFamily family();

    NodeFacts node();

    /**
     * Whether {@link dev.sluice.core.model.ServicePort.Addresses#owners} knows the addresses of all other nodes; until
     * then a mode that binds Services' addresses must not bind more external ones.
     */
    default boolean knowsPeers() {
        return true;
    }

    /** The ranges that cluster addresses are taken from, sorted; empty where they are not known. */
    default List<Cidr> serviceRanges() {
        return List.of();
    }

    /** Every service port, in no particular order. */
    Collection<ResolvedPort> ports();

    /** The service port of that name, or null. */
    @Nullable
    ResolvedPort port(ServicePortName name);

    /** The number of endpoints of all service ports together. */
    int endpointCount();

    /** The number of service ports that drop traffic for lack of a local endpoint. */
    default NoLocalEndpoints noLocalEndpoints() {
        return NoLocalEndpoints.of(ports());
    }

    /** The response of the health check node port of {@code service}, or null when it has none. */
    default @Nullable LocalReadiness localReadiness(ServiceName service) {
        return localReadiness().get(service);
    }

    /** The responses of all health check node ports. Cost grows with the number of service ports. */
    default Map<ServiceName, LocalReadiness> localReadiness() {
        Map<ServiceName, List<ResolvedPort>> byService = new HashMap<>();
        for (ResolvedPort port : ports()) {
            if (port.service().healthCheckNodePort() != 0) {
                byService
                        .computeIfAbsent(port.name().service(), name -> new ArrayList<>())
                        .add(port);
            }
        }
        Map<ServiceName, LocalReadiness> readiness = new HashMap<>();
        byService.forEach((name, ports) ->
                readiness.put(name, LocalReadiness.of(ports.getFirst().service().healthCheckNodePort(), ports)));
        return Map.copyOf(readiness);
    }
}
