// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import dev.sluice.core.mode.ServiceNotice;
import dev.sluice.userspace.balance.Outage;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.PortBalancer;
import org.jspecify.annotations.Nullable;

/** What the operators of a Service learn of its endpoints' health checks. */
final class EndpointEvents {
    private static final String ACTION = "CheckEndpoint";

    private EndpointEvents() {}

    /** @param outage null when {@code upstream} is healthy again */
    static ServiceNotice notice(PortBalancer balancer, Upstream upstream, @Nullable Outage outage) {
        String subject = "endpoint " + upstream + " of port " + balancer.name().port() + " is ";
        return outage == null
                ? new ServiceNotice(
                        balancer.name().service(),
                        ServiceNotice.Kind.NORMAL,
                        "EndpointHealthy",
                        ACTION,
                        subject + "healthy again by its health check")
                : new ServiceNotice(
                        balancer.name().service(),
                        ServiceNotice.Kind.WARNING,
                        "EndpointUnhealthy",
                        ACTION,
                        subject + "unhealthy by its health check and gets no new connections: " + outage.cause());
    }
}
