// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.userspace.balance.Outage;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.PortBalancer;
import org.jspecify.annotations.Nullable;

/** Gets each change of an endpoint's health by its checks, on an event loop. */
@FunctionalInterface
public interface OutageListener {
    /** @param outage null when {@code upstream} is healthy again */
    void changed(PortBalancer balancer, Upstream upstream, @Nullable Outage outage);
}
