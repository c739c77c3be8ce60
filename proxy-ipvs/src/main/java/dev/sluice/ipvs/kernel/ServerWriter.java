// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredServer;
import dev.sluice.ipvs.plan.ServerDelta;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipvs.Ipvs;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Adds and edits virtual servers with their real servers, and deletes stale ones. */
final class ServerWriter {
    private final Ipvs ipvs;
    private final KernelUpdate update;
    private final long nowSeconds;

    /** @param nowSeconds what is written to real servers that begin to drain */
    ServerWriter(Ipvs ipvs, KernelUpdate update, long nowSeconds) {
        this.ipvs = ipvs;
        this.update = update;
        this.nowSeconds = nowSeconds;
    }

    /** A virtual server that we never had is added before it gets real servers: a foreign one must not get ours. */
    void serve() throws NetlinkException {
        List<IpvsCommand> additions = new ArrayList<>();
        List<IpvsCommand> commands = new ArrayList<>();
        for (VirtualServerKey key : update.scope().servers()) {
            DesiredServer desired = update.desired().server(key);
            if (desired == null) {
                continue;
            }
            AppliedObjects.Server applied = update.applied().server(key);
            if (applied == null && update.isBlocked(update.desired().owner(key))) {
                update.unfinished().servers().add(key);
                continue;
            }
            List<IpvsCommand> delta = ServerDelta.between(applied, desired, nowSeconds);
            if (applied == null && !update.applied().isOurs(key)) {
                additions.add(delta.removeFirst());
            }
            commands.addAll(delta);
        }
        Set<VirtualServerKey> missing = send(additions);
        commands.removeIf(c -> missing.contains(c.virtualServer()));
        send(commands);
    }

    void deleteStale() throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        for (VirtualServerKey key : update.scope().servers()) {
            if (update.desired().server(key) == null && update.applied().server(key) != null) {
                commands.add(new DeleteVirtualServer(key));
            }
        }
        send(commands);
    }

    /** @return the virtual servers that could not be added */
    private Set<VirtualServerKey> send(List<IpvsCommand> commands) throws NetlinkException {
        if (commands.isEmpty()) {
            return Set.of();
        }
        Ipvs.BatchResult result = ipvs.apply(commands);
        update.charge(new KernelCost(result.messages(), result.bytes()));
        Map<IpvsCommand, NetlinkException> refusals = new HashMap<>();
        result.failures().forEach(f -> refusals.put(f.command(), f.error()));
        Set<VirtualServerKey> missing = new HashSet<>();
        for (IpvsCommand command : commands) {
            NetlinkException error = refusals.get(command);
            if (error != null) {
                refused(command, error, missing);
            } else if (!missing.contains(command.virtualServer())) {
                update.applied().accepted(command);
            }
        }
        return missing;
    }

    private void refused(IpvsCommand command, NetlinkException error, Set<VirtualServerKey> missing) {
        VirtualServerKey key = command.virtualServer();
        update.unfinished().servers().add(key);
        if (command instanceof AddVirtualServer) {
            missing.add(key);
            if (error.alreadyExists() && !update.applied().isOurs(key)) {
                update.applied().foreign().add(key);
            }
        }
        // ENOENT to a new virtual server means its scheduler, which reading the kernel anew does not provide
        update.unexpectedIf(error.alreadyExists()
                || (error.notFound() && !(command instanceof AddVirtualServer) && !missing.contains(key)));
        ServicePortName owner = update.desired().owner(key);
        if (owner != null) {
            update.refused(owner, command.toString(), error);
        } else if (error.notFound()) {
            update.applied().accepted(command);
        } else {
            update.notRemoved(new KernelObject("virtual server", key.toString()), error);
        }
    }
}
