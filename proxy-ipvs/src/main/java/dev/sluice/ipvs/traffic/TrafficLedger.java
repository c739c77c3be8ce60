// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.traffic;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.traffic.TrafficTotals;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.HashMap;
import java.util.Map;

/**
 * Sums the kernel's counters of virtual servers up to counters of service ports that never decrease: the last known
 * count of a virtual server stays with its port when it is deleted or replaced.
 */
public final class TrafficLedger {
    private Map<VirtualServerKey, TrafficTotals> seen = new HashMap<>();
    private Map<Account, TrafficTotals> totals = new HashMap<>();

    /** One port in one family. */
    record Account(ServicePortName port, IpFamily family) {}

    /**
     * Adds the present counters of the kernel.
     *
     * @param owners the virtual servers that are ours, whether the kernel has them at this moment or not
     * @param counted what the kernel has counted for each of its virtual servers
     * @return the totals of the ports in {@code owners}; others are forgotten
     */
    Map<Account, TrafficTotals> update(
            Map<VirtualServerKey, ServicePortName> owners, Map<VirtualServerKey, TrafficTotals> counted) {
        Map<VirtualServerKey, TrafficTotals> seenNow = new HashMap<>();
        Map<Account, TrafficTotals> now = new HashMap<>();
        owners.forEach((key, port) -> {
            Account account = new Account(port, key.family());
            TrafficTotals count = counted.getOrDefault(key, TrafficTotals.NONE);
            TrafficTotals more = count.since(seen.getOrDefault(key, TrafficTotals.NONE));
            now.merge(account, totals.getOrDefault(account, TrafficTotals.NONE).plus(more), (a, b) -> a.plus(more));
            seenNow.put(key, count);
        });
        seen = seenNow;
        totals = now;
        return Map.copyOf(now);
    }
}
