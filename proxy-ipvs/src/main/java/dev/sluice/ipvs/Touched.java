package dev.sluice.ipvs;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.linux.ipvs.ServiceKey;
import java.util.LinkedHashSet;
import java.util.Set;

/** What a sync must look at: everything else is in force as it is wanted. */
final class Touched {
    private final Set<ServicePortName> ports = new LinkedHashSet<>();
    private final Set<ServiceKey> servers = new LinkedHashSet<>();
    private final Set<Member> members = new LinkedHashSet<>();
    private final Set<IpAddress> addresses = new LinkedHashSet<>();

    Set<ServicePortName> ports() {
        return ports;
    }

    Set<ServiceKey> servers() {
        return servers;
    }

    Set<Member> members() {
        return members;
    }

    Set<IpAddress> addresses() {
        return addresses;
    }

    void add(PortPlan plan) {
        plan.servers().forEach(s -> servers.add(s.key()));
        members.addAll(plan.members());
        addresses.addAll(plan.addresses());
    }

    /** Adds all that is in force, so that what nobody wants is found. */
    void addInForce(InForce state) {
        servers.addAll(state.serverKeys());
        for (KubeSet set : KubeSet.values()) {
            state.members(set).forEach(entry -> members.add(new Member(set, entry)));
        }
        addresses.addAll(state.addresses());
    }

    void addAll(Touched other) {
        ports.addAll(other.ports);
        servers.addAll(other.servers);
        members.addAll(other.members);
        addresses.addAll(other.addresses);
    }
}
