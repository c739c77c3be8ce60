package dev.sluice.core.traffic;

import java.util.Map;

/**
 * What a mode that connects to endpoints itself knows beyond a kernel's counters, since it has the service port.
 *
 * @param active connections that are open, and flows of UDP
 * @param connects connections that an endpoint has taken
 * @param connectNanos how long that took for all of them together, in nanoseconds
 * @param retries connect attempts after the first of a connection
 * @param ejections how often an endpoint was taken out for a while, because connects had failed
 * @param refusals connections that no endpoint got, by reason
 * @param expired connections that a limit of the Service ended, by limit
 */
public record ProxyTraffic(
        long active,
        long connects,
        long connectNanos,
        long retries,
        long ejections,
        Map<String, Long> refusals,
        Map<String, Long> expired) {
    public ProxyTraffic {
        expired = Map.copyOf(expired);
        refusals = Map.copyOf(refusals);
    }
}
