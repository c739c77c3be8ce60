// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables.plan;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.EndpointSet;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.SocketAddress;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The weights of endpoints as numbers of slots. They are divided by what all have in common. If they add up to at most
 * {@value #MOST_EXACT} then, or all are 1, each is a number of slots; if not, {@link SlotTurns} divides 256 slots, or
 * the least power of two that is eight times the number of endpoints. So few kinds of choice occur, whatever the
 * weights.
 */
final class Weights {
    private static final int MOST_EXACT = 32;
    private static final int DIVIDED = 256;
    private static final int AT_LEAST_FOR_EACH = 8;

    private Weights() {}

    /** {@code port} without endpoints of weight 0. */
    static ResolvedPort usable(ResolvedPort port) {
        EndpointSet all = port.endpoints();
        if (areUsable(all.cluster()) && areUsable(all.local())) {
            return port;
        }
        List<Endpoint> cluster = usable(all.cluster());
        List<Endpoint> local = usable(all.local());
        boolean hasUsable = all.all().stream().anyMatch(each -> isUsable(each) && (each.ready() || each.serving()));
        // who is reachable keeps its open connections
        return new ResolvedPort(port.service(), new EndpointSet(cluster, local, all.reachable(), hasUsable, all.all()));
    }

    private static boolean areUsable(List<Endpoint> endpoints) {
        for (Endpoint endpoint : endpoints) {
            if (!isUsable(endpoint)) {
                return false;
            }
        }
        return true;
    }

    private static boolean isUsable(Endpoint endpoint) {
        return endpoint.weight() > 0;
    }

    private static List<Endpoint> usable(List<Endpoint> endpoints) {
        return endpoints.stream().filter(Weights::isUsable).toList();
    }

    /** How many slots each of {@code endpoints} gets, none of which has weight 0. */
    static Map<SocketAddress, Integer> shares(List<Endpoint> endpoints) {
        Map<SocketAddress, Integer> shares = new LinkedHashMap<>();
        int common = endpoints.stream().mapToInt(Endpoint::weight).reduce(0, Weights::common);
        long sum =
                common == 0 ? 0 : endpoints.stream().mapToLong(Endpoint::weight).sum() / common;
        if (sum <= Math.max(MOST_EXACT, endpoints.size())) {
            endpoints.forEach(each -> shares.put(each.socketAddress(), each.weight() / common));
            return shares;
        }
        endpoints.forEach(each -> shares.put(each.socketAddress(), 0));
        SlotTurns turns = new SlotTurns(endpoints, Endpoint::weight);
        for (int slot = slots(endpoints.size()); slot > 0; slot--) {
            shares.merge(turns.next(), 1, Integer::sum);
        }
        return shares;
    }

    private static int slots(int endpoints) {
        int slots = DIVIDED;
        while (slots < AT_LEAST_FOR_EACH * endpoints) {
            slots *= 2;
        }
        return slots;
    }

    private static int common(int one, int other) {
        return other == 0 ? one : common(other, one % other);
    }
}
