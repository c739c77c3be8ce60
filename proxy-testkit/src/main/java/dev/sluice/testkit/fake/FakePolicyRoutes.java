// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.fake;

import dev.sluice.linux.route.PolicyRoutes;
import java.util.LinkedHashSet;
import java.util.Set;

/** Policy routing in memory. */
public final class FakePolicyRoutes implements PolicyRoutes {
    private final Set<MarkedDelivery> deliveries = new LinkedHashSet<>();

    @Override
    public boolean add(MarkedDelivery delivery) {
        return deliveries.add(delivery);
    }

    @Override
    public boolean remove(MarkedDelivery delivery) {
        return deliveries.remove(delivery);
    }

    /** What was added and not removed. */
    public Set<MarkedDelivery> deliveries() {
        return Set.copyOf(deliveries);
    }

    @Override
    public void close() {}
}
