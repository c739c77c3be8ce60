// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.traffic;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * The service ports and endpoints to show where there are too many for a monitoring system. Ports with the most bytes
 * come first, with all of their endpoints while they fit; a port whose endpoints do not all fit shows none.
 *
 * @param endpointsLeftOut of all ports, shown or not
 */
public record TrafficSelection(List<PortTraffic> shown, int portsLeftOut, int endpointsLeftOut) {
    private static final Comparator<PortTraffic> ORDER = Comparator.comparingLong(
                    (PortTraffic p) -> -p.carried().bytes())
            .thenComparing(PortTraffic::port)
            .thenComparing(PortTraffic::family);

    public TrafficSelection {
        shown = List.copyOf(shown);
    }

    public static TrafficSelection of(List<PortTraffic> all, int portLimit, int endpointLimit) {
        List<PortTraffic> shown = new ArrayList<>();
        int room = endpointLimit;
        int known = 0;
        for (PortTraffic port : all.stream().sorted(ORDER).toList()) {
            int size = port.endpoints().size();
            known += size;
            if (shown.size() < portLimit) {
                boolean fits = size <= room;
                room -= fits ? size : 0;
                shown.add(fits ? port : port.withEndpoints(List.of()));
            }
        }
        return new TrafficSelection(shown, all.size() - shown.size(), known - (endpointLimit - room));
    }
}
