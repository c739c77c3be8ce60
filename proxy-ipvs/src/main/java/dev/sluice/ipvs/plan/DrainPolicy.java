package dev.sluice.ipvs.plan;

import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.ipvs.RealServer;
import java.time.Duration;
import java.util.Set;

/**
 * How destinations leave a virtual server.
 *
 * @param limit after so long a destination goes although it has connections
 * @param answering endpoints that get no new connections but still answer, with weight 0: they keep those that they have
 */
public record DrainPolicy(Duration limit, Set<SocketAddress> answering) {
    public DrainPolicy {
        answering = Set.copyOf(answering);
    }

    boolean stillAnswers(RealServer server) {
        return !answering.isEmpty() && answering.contains(server.socketAddress());
    }
}
