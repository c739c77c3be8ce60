package dev.sluice.ipvs.plan;

import dev.sluice.core.net.Protocol;
import dev.sluice.ipvs.sync.DrainSweep;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditVirtualServer;
import dev.sluice.linux.ipvs.RealServer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The commands that turn one virtual server into what is wanted: settings first, new destinations next, those that go
 * last, so that there is never a moment with fewer destinations than before and after.
 *
 * <p>A destination that goes keeps its TCP and SCTP connections: its weight becomes 0, and {@link DrainSweep} deletes it once it
 * is idle, or when its time is over. When it began is written to its upper threshold, in seconds of the kernel's uptime:
 * that means nothing at weight 0, and a next process reads it there. One that still answers keeps its flows of UDP too, and
 * its time does not run. One that comes back gets its weight again.
 */
public final class ServerDelta {
    private final DesiredServer want;
    private final long nowSeconds;
    private final List<IpvsCommand> commands = new ArrayList<>();

    private ServerDelta(DesiredServer want, long nowSeconds) {
        this.want = want;
        this.nowSeconds = nowSeconds;
    }

    /** @param nowSeconds the kernel's uptime */
    public static List<IpvsCommand> between(AppliedObjects.@Nullable Server have, DesiredServer want, long nowSeconds) {
        ServerDelta delta = new ServerDelta(want, nowSeconds);
        if (have == null) {
            delta.commands.add(new AddVirtualServer(want.server()));
        } else if (!have.settings().equals(want.server())) {
            delta.commands.add(new EditVirtualServer(want.server()));
        }
        delta.destinations(have == null ? List.of() : have.destinations());
        return delta.commands;
    }

    private void destinations(List<RealServer> have) {
        if (have.equals(want.destinations())) {
            return;
        }
        Map<RealServer, RealServer> gone = new HashMap<>();
        have.forEach(d -> gone.put(weightless(d, 0), d));
        for (RealServer wanted : want.destinations()) {
            RealServer old = gone.remove(weightless(wanted, 0));
            if (old == null) {
                commands.add(new AddRealServer(want.key(), wanted));
            } else if (!old.equals(wanted)) {
                commands.add(new EditRealServer(want.key(), wanted));
            }
        }
        for (RealServer old : have) {
            if (gone.containsKey(weightless(old, 0))) {
                leave(old);
            }
        }
    }

    private void leave(RealServer old) {
        boolean answers = want.departure().stillAnswers(old);
        if (!mayStay(want.server().scheduler()) || !answers && !drains()) {
            commands.add(new DeleteRealServer(want.key(), old));
            return;
        }
        RealServer leaving = weightless(old, answers ? 0 : Math.toIntExact(nowSeconds));
        boolean waits = old.weight() == 0 && (old.upperThreshold() == 0) == answers;
        if (!waits || old.upperThreshold() > leaving.upperThreshold()) {
            commands.add(new EditRealServer(want.key(), leaving));
        }
    }

    private boolean drains() {
        return want.key().protocol() != Protocol.UDP
                && !want.departure().limit().isZero();
    }

    /**
     * Whether destinations may stay with weight 0. Not under dh: it sends every client of an address to one server, has no
     * fallback, and would refuse all of them for as long as that server drains.
     */
    private static boolean mayStay(String scheduler) {
        return !scheduler.equals("dh");
    }

    private static RealServer weightless(RealServer server, int since) {
        return new RealServer(server.address(), server.port(), 0, since);
    }
}
