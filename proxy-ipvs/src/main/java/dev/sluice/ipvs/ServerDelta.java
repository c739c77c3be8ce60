package dev.sluice.ipvs;

import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteDestination;
import dev.sluice.linux.ipvs.IpvsCommand.NewDestination;
import dev.sluice.linux.ipvs.IpvsCommand.NewService;
import dev.sluice.linux.ipvs.IpvsCommand.SetDestination;
import dev.sluice.linux.ipvs.IpvsCommand.SetService;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.ServiceKey;
import dev.sluice.linux.ipvs.VirtualServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commands that turn one virtual server into what is wanted: settings first, new destinations next, those that go
 * last, so that there is never a moment with fewer destinations than before and after.
 *
 * <p>A destination that goes keeps its TCP connections: its weight becomes 0, and {@link Drains} deletes it once it is
 * idle. UDP and SCTP destinations go at once. One that comes back while it drains gets its weight again.
 */
final class ServerDelta {
    private ServerDelta() {}

    static List<IpvsCommand> between(InForce.@Nullable Server have, PlannedServer want) {
        List<IpvsCommand> commands = new ArrayList<>();
        if (have == null) {
            commands.add(new NewService(want.server()));
        } else if (!have.settings().equals(want.server())) {
            commands.add(new SetService(want.server()));
        }
        destinations(have == null ? List.of() : have.destinations(), want, commands);
        return commands;
    }

    private static void destinations(List<RealServer> have, PlannedServer want, List<IpvsCommand> commands) {
        if (have.equals(want.destinations())) {
            return;
        }
        ServiceKey key = want.key();
        Map<RealServer, RealServer> gone = new HashMap<>();
        have.forEach(d -> gone.put(weightless(d), d));
        for (RealServer wanted : want.destinations()) {
            RealServer old = gone.remove(weightless(wanted));
            if (old == null) {
                commands.add(new NewDestination(key, wanted));
            } else if (old.weight() != wanted.weight()) {
                commands.add(new SetDestination(key, wanted));
            }
        }
        for (RealServer old : have) {
            if (gone.containsKey(weightless(old))) {
                leave(want.server(), old, commands);
            }
        }
    }

    private static void leave(VirtualServer server, RealServer old, List<IpvsCommand> commands) {
        if (!drains(server)) {
            commands.add(new DeleteDestination(server.key(), old));
        } else if (old.weight() != 0) {
            commands.add(new SetDestination(server.key(), weightless(old)));
        }
    }

    /**
     * Whether destinations leave gracefully. Not under dh: it sends every client of an address to one server, has no
     * fallback, and would refuse all of them for as long as that server drains.
     */
    private static boolean drains(VirtualServer server) {
        return server.key().protocol() == Protocol.TCP && !server.scheduler().equals("dh");
    }

    private static RealServer weightless(RealServer server) {
        return new RealServer(server.address(), server.port(), 0);
    }
}
