package dev.sluice.ipvs.plan;

import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetElement;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteDestination;
import dev.sluice.linux.ipvs.IpvsCommand.DeleteService;
import dev.sluice.linux.ipvs.IpvsCommand.NewDestination;
import dev.sluice.linux.ipvs.IpvsCommand.NewService;
import dev.sluice.linux.ipvs.IpvsCommand.SetDestination;
import dev.sluice.linux.ipvs.IpvsCommand.SetService;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.ServiceKey;
import dev.sluice.linux.ipvs.VirtualServer;
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
public final class InForce {
    private final Map<ServiceKey, Server> servers = new HashMap<>();
    private final Set<ServiceKey> draining = new HashSet<>();
    private final Set<ServiceKey> lost = new HashSet<>();
    private final Set<ServiceKey> foreign = new HashSet<>();
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

    public InForce() {
        for (KubeSet set : KubeSet.values()) {
            members.put(set, new HashSet<>());
        }
    }

    @Nullable
    public Server server(ServiceKey key) {
        return servers.get(key);
    }

    public Set<ServiceKey> serverKeys() {
        return servers.keySet();
    }

    /** The virtual servers with a destination of weight 0. */
    public Set<ServiceKey> draining() {
        return draining;
    }

    /** Whether the virtual server is ours, or was until somebody deleted it. */
    public boolean isOurs(ServiceKey key) {
        return servers.containsKey(key) || lost.contains(key);
    }

    /** The virtual servers of other programs that a Service wants to have. */
    public Set<ServiceKey> foreign() {
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

    public boolean has(SetElement member) {
        return members(member.set()).contains(member.entry());
    }

    public void carriedOut(SetElement member, SetChange change) {
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
    public void forget(ServiceKey key) {
        carriedOut(new DeleteService(key));
        lost.add(key);
    }

    /** The virtual server has these instead. */
    public void replaceDestinations(ServiceKey key, List<RealServer> destinations) {
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
            case NewService c -> {
                servers.put(c.service(), new Server(c.server()));
                lost.remove(c.service());
            }
            case SetService c -> require(c).settings = c.server();
            case DeleteService c -> {
                Server gone = servers.remove(c.service());
                realServers -= gone == null ? 0 : gone.destinations.size();
                draining.remove(c.service());
            }
            case NewDestination c -> {
                require(c).destinations.add(c.server());
                realServers++;
                if (c.server().weight() == 0) {
                    draining.add(c.service());
                }
            }
            case SetDestination c -> {
                Server server = require(c);
                server.remove(c.server());
                server.destinations.add(c.server());
                noteDraining(c.service());
            }
            case DeleteDestination c -> {
                require(c).remove(c.server());
                realServers--;
                noteDraining(c.service());
            }
        }
    }

    private Server require(IpvsCommand command) {
        Server server = servers.get(command.service());
        if (server == null) {
            throw new IllegalStateException("accepted without its virtual server: " + command);
        }
        return server;
    }

    private void noteDraining(ServiceKey key) {
        Server server = servers.get(key);
        if (server != null && server.destinations.stream().anyMatch(d -> d.weight() == 0)) {
            draining.add(key);
        } else {
            draining.remove(key);
        }
    }
}
