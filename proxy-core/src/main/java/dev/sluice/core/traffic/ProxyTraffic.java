// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

import java.util.Map;

/**
 * The counters of a mode that connects to endpoints itself, beyond the kernel's counters, since the service port
 * exists.
 *
 * @param active connections that are open, and flows of UDP
 * @param connects connections that an endpoint has accepted
 * @param connectNanos the total time that took, in nanoseconds
 * @param retries connect attempts after the first of a connection
 * @param ejections how often an endpoint was ejected because connects had failed
 * @param refusals connections that reached no endpoint, by reason
 * @param expired connections that a limit of the Service ended, by limit
 * @param checks health checks of endpoints, by result; empty when the Service requests none
 * @param unhealthy endpoints that get no new connections because of their checks
 */
public record ProxyTraffic(
        long active,
        long connects,
        long connectNanos,
        long retries,
        long ejections,
        Map<String, Long> refusals,
        Map<String, Long> expired,
        Map<String, Long> checks,
        long unhealthy) {
    public ProxyTraffic {
        checks = Map.copyOf(checks);
        expired = Map.copyOf(expired);
        refusals = Map.copyOf(refusals);
    }
}
