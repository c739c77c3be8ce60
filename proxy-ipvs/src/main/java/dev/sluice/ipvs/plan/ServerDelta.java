// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
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
 * The commands that make one virtual server as desired: settings first, new real servers next, stale ones last, so that
 * there are never fewer real servers than both before and after.
 *
 * <p>A stale real server keeps its TCP and SCTP connections: its weight becomes 0, and it is deleted once it is idle,
 * or at the end of the drain time-out. The start of its drain is written to its upper threshold, in seconds of the
 * kernel's uptime: the kernel ignores that at weight 0, and a successor of this process reads it there. A real server
 * that still answers keeps its UDP flows too, and its time-out does not run. One that becomes desired again gets its
 * weight back.
 */
public final class ServerDelta {
    private final DesiredServer desired;
    private final long nowSeconds;
    private final List<IpvsCommand> commands = new ArrayList<>();

    private ServerDelta(DesiredServer desired, long nowSeconds) {
        this.desired = desired;
        this.nowSeconds = nowSeconds;
    }

    /**
     * @param applied null when the virtual server is missing
     * @param nowSeconds the kernel's uptime
     */
    public static List<IpvsCommand> between(
            AppliedObjects.@Nullable Server applied, DesiredServer desired, long nowSeconds) {
        ServerDelta delta = new ServerDelta(desired, nowSeconds);
        if (applied == null) {
            delta.commands.add(new AddVirtualServer(desired.server()));
        } else if (!applied.settings().equals(desired.server())) {
            delta.commands.add(new EditVirtualServer(desired.server()));
        }
        delta.realServers(applied == null ? List.of() : applied.realServers());
        return delta.commands;
    }

    private void realServers(List<RealServer> applied) {
        if (applied.equals(desired.realServers())) {
            return;
        }
        Map<SocketAddress, RealServer> stale = new HashMap<>();
        applied.forEach(r -> stale.put(r.socketAddress(), r));
        for (RealServer wanted : desired.realServers()) {
            RealServer old = stale.remove(wanted.socketAddress());
            if (old == null) {
                commands.add(new AddRealServer(desired.key(), wanted));
            } else if (!old.equals(wanted)) {
                commands.add(new EditRealServer(desired.key(), wanted));
            }
        }
        for (RealServer old : applied) {
            if (stale.containsKey(old.socketAddress())) {
                drainOrDelete(old);
            }
        }
    }

    private void drainOrDelete(RealServer old) {
        boolean answers = desired.drainPolicy().stillAnswers(old);
        if (!mayDrain(desired.server().scheduler()) || !answers && !drains()) {
            commands.add(new DeleteRealServer(desired.key(), old));
            return;
        }
        int since = answers ? 0 : Math.toIntExact(nowSeconds);
        RealServer draining = new RealServer(old.address(), old.port(), 0, since);
        boolean drainsAlready = old.weight() == 0 && (old.upperThreshold() == 0) == answers;
        if (!drainsAlready || old.upperThreshold() > draining.upperThreshold()) {
            commands.add(new EditRealServer(desired.key(), draining));
        }
    }

    private boolean drains() {
        return desired.key().protocol() != Protocol.UDP
                && !desired.drainPolicy().limit().isZero();
    }

    /**
     * Whether real servers may stay with weight 0. Not under dh: it sends every client of an address to one server, has
     * no fallback, and would refuse all of them for as long as that server drains.
     */
    private static boolean mayDrain(String scheduler) {
        return !scheduler.equals("dh");
    }
}
