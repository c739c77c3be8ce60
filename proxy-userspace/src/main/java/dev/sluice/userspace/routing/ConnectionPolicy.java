// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import dev.sluice.userspace.balance.Scheduler;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How the connections of a service port are balanced and limited: what its Service requests by annotations, and else
 * the defaults.
 *
 * @param slowStart how long a new endpoint takes to reach its weight, null for none
 * @param connectTimeouts the timeout of each connect attempt, empty for the proxy's defaults
 * @param idleTimeout the time without a byte after which a TCP connection is reset, null for none
 * @param maxAge the age at which a TCP connection is reset, null for none
 * @param maxConnections of the service port on this node, 0 for no limit
 * @param proxyProtocol the version of the PROXY protocol that its TCP endpoints speak, null for none
 * @param nodeSource whether endpoints see the node's address, also where they would see the client's
 * @param healthCheck of its TCP endpoints, null for none
 */
public record ConnectionPolicy(
        Scheduler scheduler,
        @Nullable Duration slowStart,
        List<Duration> connectTimeouts,
        @Nullable Duration idleTimeout,
        @Nullable Duration maxAge,
        int maxConnections,
        @Nullable ProxyProtocol proxyProtocol,
        boolean nodeSource,
        @Nullable HealthCheck healthCheck) {

    public ConnectionPolicy {
        connectTimeouts = List.copyOf(connectTimeouts);
    }

    /** A policy without health checks. */
    public ConnectionPolicy(
            Scheduler scheduler,
            @Nullable Duration slowStart,
            List<Duration> connectTimeouts,
            @Nullable Duration idleTimeout,
            @Nullable Duration maxAge,
            int maxConnections,
            @Nullable ProxyProtocol proxyProtocol,
            boolean nodeSource) {
        this(
                scheduler,
                slowStart,
                connectTimeouts,
                idleTimeout,
                maxAge,
                maxConnections,
                proxyProtocol,
                nodeSource,
                null);
    }

    /** Whether a connection may not last for ever. */
    public boolean limitsTime() {
        return idleTimeout != null || maxAge != null;
    }

    /** The policy of a Service without annotations. */
    public static ConnectionPolicy of(Scheduler scheduler) {
        return new ConnectionPolicy(scheduler, null, List.of(), null, null, 0, null, false);
    }
}
