// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.time.Duration;
import java.util.List;
import java.util.Set;

/** A desired virtual server with its real servers. */
public record DesiredServer(VirtualServer server, List<RealServer> realServers, DrainPolicy drainPolicy) {
    public DesiredServer {
        realServers = List.copyOf(realServers);
    }

    public VirtualServerKey key() {
        return server.key();
    }

    /**
     * How stale real servers drain.
     *
     * @param limit after this time one is deleted although it has connections
     * @param answering endpoints that get no new connections but still answer, with weight 0: they keep those that they
     *     have
     */
    public record DrainPolicy(Duration limit, Set<SocketAddress> answering) {
        public DrainPolicy {
            answering = Set.copyOf(answering);
        }

        boolean stillAnswers(RealServer server) {
            return !answering.isEmpty() && answering.contains(server.socketAddress());
        }
    }
}
