package dev.sluice.ipvs.plan;

import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.ServiceKey;
import dev.sluice.linux.ipvs.VirtualServer;
import java.util.List;

/** A virtual server as it is to be, with its destinations. */
public record PlannedServer(VirtualServer server, List<RealServer> destinations, Departure departure) {
    public PlannedServer {
        destinations = List.copyOf(destinations);
    }

    ServiceKey key() {
        return server.key();
    }
}
