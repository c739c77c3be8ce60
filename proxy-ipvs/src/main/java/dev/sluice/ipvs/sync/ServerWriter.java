package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.model.ServicePortName;
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

/** Makes virtual servers with their destinations, changes them, and takes down those that nobody wants. */
public final class ServerWriter {
    private final Ipvs ipvs;
    private final KernelUpdate run;
    private final long nowSeconds;

    /** @param nowSeconds what is written to destinations that begin to drain */
    ServerWriter(Ipvs ipvs, KernelUpdate run, long nowSeconds) {
        this.ipvs = ipvs;
        this.run = run;
        this.nowSeconds = nowSeconds;
    }

    /** A server that we never had is made before it gets destinations, which somebody else's must not get. */
    void serve() throws NetlinkException {
        List<IpvsCommand> births = new ArrayList<>();
        List<IpvsCommand> commands = new ArrayList<>();
        for (VirtualServerKey key : run.scope().servers()) {
            DesiredServer want = run.desired().server(key);
            if (want == null) {
                continue;
            }
            AppliedObjects.Server have = run.applied().server(key);
            if (have == null && run.blocked(run.desired().owner(key))) {
                run.unfinished().servers().add(key);
                continue;
            }
            List<IpvsCommand> delta = ServerDelta.between(have, want, nowSeconds);
            if (have == null && !run.applied().isOurs(key)) {
                births.add(delta.removeFirst());
            }
            commands.addAll(delta);
        }
        Set<VirtualServerKey> absent = send(births);
        commands.removeIf(c -> absent.contains(c.virtualServer()));
        send(commands);
    }

    void retire() throws NetlinkException {
        List<IpvsCommand> commands = new ArrayList<>();
        for (VirtualServerKey key : run.scope().servers()) {
            if (run.desired().server(key) == null && run.applied().server(key) != null) {
                commands.add(new DeleteVirtualServer(key));
            }
        }
        send(commands);
    }

    /** The answer is which virtual servers were refused. */
    private Set<VirtualServerKey> send(List<IpvsCommand> commands) throws NetlinkException {
        if (commands.isEmpty()) {
            return Set.of();
        }
        Ipvs.BatchResult result = ipvs.apply(commands);
        run.charge(result.messages(), result.bytes());
        Map<IpvsCommand, NetlinkException> failed = new HashMap<>();
        result.failures().forEach(f -> failed.put(f.command(), f.error()));
        Set<VirtualServerKey> absent = new HashSet<>();
        for (IpvsCommand command : commands) {
            NetlinkException error = failed.get(command);
            if (error != null) {
                refused(command, error, absent);
            } else if (!absent.contains(command.virtualServer())) {
                run.applied().carriedOut(command);
            }
        }
        return absent;
    }

    private void refused(IpvsCommand command, NetlinkException error, Set<VirtualServerKey> absent) {
        VirtualServerKey key = command.virtualServer();
        run.unfinished().servers().add(key);
        if (command instanceof AddVirtualServer) {
            absent.add(key);
            if (error.alreadyExists() && !run.applied().isOurs(key)) {
                run.applied().foreign().add(key);
            }
        }
        // ENOENT to a new service means its scheduler, which no reading anew will bring
        run.surprisedIf(error.alreadyExists()
                || (error.notFound() && !(command instanceof AddVirtualServer) && !absent.contains(key)));
        ServicePortName owner = run.desired().owner(key);
        if (owner != null) {
            run.refused(owner, command.toString(), error);
        } else if (error.notFound()) {
            run.applied().carriedOut(command);
        } else {
            run.leftOver(new KernelObject("virtual server", key.toString()), error);
        }
    }
}
