// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The traffic of one service port in one family, at all of its addresses together.
 *
 * @param endpoints the present ones, including those that take no new connections
 * @param proxy null when the kernel carries the traffic
 */
public record PortTraffic(
        ServicePortName port,
        IpFamily family,
        TrafficTotals carried,
        List<EndpointTraffic> endpoints,
        @Nullable ProxyTraffic proxy) {
    public PortTraffic {
        endpoints = List.copyOf(endpoints);
    }

    /** Traffic that the kernel carries. */
    public PortTraffic(ServicePortName port, IpFamily family, TrafficTotals carried, List<EndpointTraffic> endpoints) {
        this(port, family, carried, endpoints, null);
    }

    PortTraffic withEndpoints(List<EndpointTraffic> others) {
        return new PortTraffic(port, family, carried, others, proxy);
    }
}
