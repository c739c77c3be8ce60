// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
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
 * The objects that the kernel is known to hold: read by a full sync, and kept up to date with what the kernel accepts
 * from then on. Of foreign virtual servers it knows only the keys of those that a Service needs.
 */
public final class AppliedObjects {
    private final Map<VirtualServerKey, Server> servers = new HashMap<>();
    private final Set<VirtualServerKey> draining = new HashSet<>();
    private final Set<VirtualServerKey> lost = new HashSet<>();
    private final Set<VirtualServerKey> foreign = new HashSet<>();
    private final Map<KubeSet, Set<SetEntry>> members = new EnumMap<>(KubeSet.class);
    private final Set<IpAddress> addresses = new HashSet<>();
    private long realServers;

    /** A virtual server with its real servers; those of weight 0 drain. */
    public static final class Server {
        private VirtualServer settings;
        private final List<RealServer> realServers = new ArrayList<>(4);

        private Server(VirtualServer settings) {
            this.settings = settings;
        }

        public VirtualServer settings() {
            return settings;
        }

        public List<RealServer> realServers() {
            return realServers;
        }

        private void remove(RealServer server) {
            realServers.removeIf(r -> r.port() == server.port() && r.address().equals(server.address()));
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

    /** The virtual servers with a real server of weight 0. */
    public Set<VirtualServerKey> draining() {
        return draining;
    }

    public boolean isDraining() {
        return !draining.isEmpty();
    }

    /** Whether the virtual server is ours, or was until another program deleted it. */
    public boolean isOurs(VirtualServerKey key) {
        return servers.containsKey(key) || lost.contains(key);
    }

    /** The virtual servers of other programs that a Service needs. */
    public Set<VirtualServerKey> foreign() {
        return foreign;
    }

    public long realServers() {
        return realServers;
    }

    public Set<SetEntry> members(KubeSet set) {
        return members.getOrDefault(set, Set.of());
    }

    /** The addresses on the dummy device. */
    public Set<IpAddress> addresses() {
        return addresses;
    }

    public boolean has(SetMember member) {
        return members(member.set()).contains(member.entry());
    }

    /** The kernel has added the element. */
    public void add(SetMember member) {
        members.computeIfAbsent(member.set(), set -> new HashSet<>()).add(member.entry());
    }

    /** The kernel has deleted the element. */
    public void remove(SetMember member) {
        members.computeIfAbsent(member.set(), set -> new HashSet<>()).remove(member.entry());
    }

    /** The set was found to have these elements instead. */
    public void replaceMembers(KubeSet set, Set<SetEntry> entries) {
        members.put(set, new HashSet<>(entries));
    }

    /** The virtual server was found to be missing. */
    public void lose(VirtualServerKey key) {
        accepted(new DeleteVirtualServer(key));
        lost.add(key);
    }

    /** The virtual server was found to have these real servers instead. */
    public void replaceRealServers(VirtualServerKey key, List<RealServer> found) {
        Server server = servers.get(key);
        if (server != null) {
            realServers += found.size() - server.realServers.size();
            server.realServers.clear();
            server.realServers.addAll(found);
            noteDraining(key);
        }
    }

    /** The kernel has accepted {@code command}. */
    public void accepted(IpvsCommand command) {
        switch (command) {
            case AddVirtualServer c -> {
                servers.put(c.virtualServer(), new Server(c.server()));
                lost.remove(c.virtualServer());
            }
            case EditVirtualServer c -> require(c).settings = c.server();
            case DeleteVirtualServer c -> {
                Server deleted = servers.remove(c.virtualServer());
                realServers -= deleted == null ? 0 : deleted.realServers.size();
                draining.remove(c.virtualServer());
            }
            case AddRealServer c -> {
                require(c).realServers.add(c.server());
                realServers++;
                if (c.server().weight() == 0) {
                    draining.add(c.virtualServer());
                }
            }
            case EditRealServer c -> {
                Server server = require(c);
                server.remove(c.server());
                server.realServers.add(c.server());
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
        if (server != null && server.realServers.stream().anyMatch(r -> r.weight() == 0)) {
            draining.add(key);
        } else {
            draining.remove(key);
        }
    }
}
