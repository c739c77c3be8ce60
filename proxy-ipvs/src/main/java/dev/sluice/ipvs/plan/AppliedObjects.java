package dev.sluice.ipvs.plan;

import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteVirtualServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.EditVirtualServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What we hold to be in the kernel: read from it by a full sync, and carried forward by what it accepts since. Of foreign
 * virtual servers it knows only those in the way of a Service, by their keys.
 */
public final class AppliedObjects {
    private final Map<VirtualServerKey, Server> servers = new HashMap<>();
    private final Set<VirtualServerKey> draining = new HashSet<>();
    private final Set<VirtualServerKey> lost = new HashSet<>();
    private final Set<VirtualServerKey> foreign = new HashSet<>();
    private final Map<KubeSet, Set<SetEntry>> members = new EnumMap<>(KubeSet.class);
    private final Set<IpAddress> addresses = new HashSet<>();
    private long realServers;

    /** A virtual server with its destinations; those of weight 0 are draining. */
    public static final class Server {
        private VirtualServer settings;
        private final List<RealServer> destinations = new ArrayList<>(4);

        private Server(VirtualServer settings) {
            this.settings = settings;
        }

        public VirtualServer settings() {
            return settings;
        }

        public List<RealServer> destinations() {
            return destinations;
        }

        private void remove(RealServer server) {
            destinations.removeIf(d -> d.port() == server.port() && d.address().equals(server.address()));
        }
    }

    public AppliedObjects() {
        for (KubeSet set : KubeSet.values()) {
            members.put(set, new HashSet<>());
        }
    }

    @Nullable
    public Server server(VirtualServerKey key) {
        return servers.get(key);
    }

    public Set<VirtualServerKey> serverKeys() {
        return servers.keySet();
    }

    /** The virtual servers with a destination of weight 0. */
    public Set<VirtualServerKey> draining() {
        return draining;
    }

    /** Whether the virtual server is ours, or was until somebody deleted it. */
    public boolean isOurs(VirtualServerKey key) {
        return servers.containsKey(key) || lost.contains(key);
    }

    /** The virtual servers of other programs that a Service wants to have. */
    public Set<VirtualServerKey> foreign() {
        return foreign;
    }

    public long realServers() {
        return realServers;
    }

    public Set<SetEntry> members(KubeSet set) {
        return members.getOrDefault(set, Set.of());
    }

    public Set<IpAddress> addresses() {
        return addresses;
    }

    public boolean has(SetMember member) {
        return members(member.set()).contains(member.entry());
    }

    public void carriedOut(SetMember member, SetChange change) {
        Set<SetEntry> entries = members.computeIfAbsent(member.set(), set -> new HashSet<>());
        if (change.add()) {
            entries.add(member.entry());
        } else {
            entries.remove(member.entry());
        }
    }

    /** The kernel has these instead. */
    public void replaceMembers(KubeSet set, Set<SetEntry> entries) {
        members.put(set, new HashSet<>(entries));
    }

    /** The virtual server is not there any more. */
    public void forget(VirtualServerKey key) {
        carriedOut(new DeleteVirtualServer(key));
        lost.add(key);
    }

    /** The virtual server has these instead. */
    public void replaceDestinations(VirtualServerKey key, List<RealServer> destinations) {
        Server server = servers.get(key);
        if (server != null) {
            realServers += destinations.size() - server.destinations.size();
            server.destinations.clear();
            server.destinations.addAll(destinations);
            noteDraining(key);
        }
    }

    /** Takes note of a command that the kernel accepted. */
    public void carriedOut(IpvsCommand command) {
        switch (command) {
            case AddVirtualServer c -> {
                servers.put(c.virtualServer(), new Server(c.server()));
                lost.remove(c.virtualServer());
            }
            case EditVirtualServer c -> require(c).settings = c.server();
            case DeleteVirtualServer c -> {
                Server gone = servers.remove(c.virtualServer());
                realServers -= gone == null ? 0 : gone.destinations.size();
                draining.remove(c.virtualServer());
            }
            case AddRealServer c -> {
                require(c).destinations.add(c.server());
                realServers++;
                if (c.server().weight() == 0) {
                    draining.add(c.virtualServer());
                }
            }
            case EditRealServer c -> {
                Server server = require(c);
                server.remove(c.server());
                server.destinations.add(c.server());
                noteDraining(c.virtualServer());
            }
            case DeleteRealServer c -> {
                require(c).remove(c.server());
                realServers--;
                noteDraining(c.virtualServer());
            }
        }
    }

    private Server require(IpvsCommand command) {
        Server server = servers.get(command.virtualServer());
        if (server == null) {
            throw new IllegalStateException("accepted without its virtual server: " + command);
        }
        return server;
    }

    private void noteDraining(VirtualServerKey key) {
        Server server = servers.get(key);
        if (server != null && server.destinations.stream().anyMatch(d -> d.weight() == 0)) {
            draining.add(key);
        } else {
            draining.remove(key);
        }
    }
}
