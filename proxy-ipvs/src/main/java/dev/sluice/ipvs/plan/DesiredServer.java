package dev.sluice.ipvs.plan;

import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.List;

/** A virtual server as it is to be, with its destinations. */
public record DesiredServer(VirtualServer server, List<RealServer> destinations, DrainPolicy departure) {
    public DesiredServer {
        destinations = List.copyOf(destinations);
    }

    VirtualServerKey key() {
        return server.key();
    }
}
