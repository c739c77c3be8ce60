// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import dev.sluice.core.net.IpAddress;
import java.util.Collection;
import java.util.HashSet;
import java.util.Set;

/**
 * The response of the health check node port of a Service.
 *
 * @param healthCheckNodePort the port that the load balancer probes
 * @param endpoints the number of distinct local addresses that are ready for any port of the Service
 */
public record LocalReadiness(int healthCheckNodePort, int endpoints) {

    /** Counts over all ports of one Service; terminating endpoints do not count, even when used. */
    public static LocalReadiness of(int healthCheckNodePort, Collection<ResolvedPort> ports) {
        Set<IpAddress> ready = new HashSet<>();
        for (ResolvedPort port : ports) {
            for (Endpoint endpoint : port.endpoints().all()) {
                if (endpoint.local() && endpoint.ready()) {
                    ready.add(endpoint.address());
                }
            }
        }
        return new LocalReadiness(healthCheckNodePort, ready.size());
    }
}
