// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.metrics;

/**
 * The number of service ports and endpoints whose traffic a scrape shows.
 *
 * @param ports service ports, each of a family with five series; 0 for no traffic metrics at all
 * @param endpoints each with three series
 */
public record TrafficLimits(int ports, int endpoints) {
    static final TrafficLimits DEFAULT = new TrafficLimits(1000, 1000);

    /** The property that sets {@link #ports()}. */
    static final String PORTS_PROPERTY = "sluice.metrics.service-ports";

    /** The property that sets {@link #endpoints()}. */
    static final String ENDPOINTS_PROPERTY = "sluice.metrics.endpoints";

    public TrafficLimits {
        if (ports < 0 || endpoints < 0) {
            throw new IllegalArgumentException("traffic metrics of " + ports + " service ports and " + endpoints
                    + " endpoints: take 0 or more for " + PORTS_PROPERTY + " and " + ENDPOINTS_PROPERTY);
        }
    }

    /** {@link #DEFAULT}, unless {@value #PORTS_PROPERTY} or {@value #ENDPOINTS_PROPERTY} is set. */
    public static TrafficLimits fromSystem() {
        return new TrafficLimits(
                Integer.getInteger(PORTS_PROPERTY, DEFAULT.ports),
                Integer.getInteger(ENDPOINTS_PROPERTY, DEFAULT.endpoints));
    }
}
