// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

import dev.sluice.core.net.IpAddress;

/**
 * The connections of one endpoint of a service port.
 *
 * @param weight 0 takes no new connections
 * @param active open ones
 * @param inactive ended ones that the kernel still remembers, and UDP flows
 */
public record EndpointTraffic(IpAddress address, int port, int weight, long active, long inactive) {

    /** The same endpoint at two addresses of its service port. */
    public EndpointTraffic plus(EndpointTraffic other) {
        return new EndpointTraffic(
                address, port, Math.max(weight, other.weight), active + other.active, inactive + other.inactive);
    }
}
