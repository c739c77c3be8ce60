package dev.sluice.ipvs;

import dev.sluice.core.model.Problem;
import dev.sluice.core.net.IpAddress;
import java.util.List;

/**
 * All that one service port puts into the kernel.
 *
 * @param addresses what it needs bound to the dummy device
 * @param shortCircuits of its external addresses
 * @param problems values of the Service that are ignored
 */
record PortPlan(
        List<PlannedServer> servers,
        List<Member> members,
        List<IpAddress> addresses,
        List<ShortCircuit> shortCircuits,
        List<Problem> problems) {
    PortPlan {
        servers = List.copyOf(servers);
        members = List.copyOf(members);
        addresses = List.copyOf(addresses);
        shortCircuits = List.copyOf(shortCircuits);
        problems = List.copyOf(problems);
    }
}
