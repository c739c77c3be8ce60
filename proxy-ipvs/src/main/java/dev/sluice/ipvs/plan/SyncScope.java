package dev.sluice.ipvs.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a sync must look at: everything else is in force as it is wanted. */
public final class SyncScope {
    private final Set<ServicePortName> ports = new LinkedHashSet<>();
    private final Set<VirtualServerKey> servers = new LinkedHashSet<>();
    private final Set<SetMember> members = new LinkedHashSet<>();
    private final Set<IpAddress> addresses = new LinkedHashSet<>();

    public Set<ServicePortName> ports() {
        return ports;
    }

    public Set<VirtualServerKey> servers() {
        return servers;
    }

    public Set<SetMember> members() {
        return members;
    }

    public Set<IpAddress> addresses() {
        return addresses;
    }

    void add(PortPlan plan) {
        plan.servers().forEach(s -> servers.add(s.key()));
        members.addAll(plan.members());
        addresses.addAll(plan.addresses());
    }

    /** Adds all that is in force, so that what nobody wants is found. */
    public void addApplied(AppliedObjects state) {
        servers.addAll(state.serverKeys());
        for (KubeSet set : KubeSet.values()) {
            state.members(set).forEach(entry -> members.add(new SetMember(set, entry)));
        }
        addresses.addAll(state.addresses());
    }

    public void addAll(SyncScope other) {
        ports.addAll(other.ports);
        servers.addAll(other.servers);
        members.addAll(other.members);
        addresses.addAll(other.addresses);
    }
}
