package dev.sluice.ipvs;

import dev.sluice.core.net.IpAddress;
import java.util.List;

/**
 * All that one service port puts into the kernel.
 *
 * @param addresses what it needs bound to the dummy device
 */
record PortPlan(List<PlannedServer> servers, List<Member> members, List<IpAddress> addresses) {
    PortPlan {
        servers = List.copyOf(servers);
        members = List.copyOf(members);
        addresses = List.copyOf(addresses);
    }
}
