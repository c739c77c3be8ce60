// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.LinkedHashSet;
import java.util.Set;

/** The objects that a sync compares; all others are applied as they are desired. */
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

    /** Adds all that is applied, so that what is stale is found. */
    public void addAll(AppliedObjects applied) {
        servers.addAll(applied.serverKeys());
        for (KubeSet set : KubeSet.values()) {
            applied.members(set).forEach(entry -> members.add(new SetMember(set, entry)));
        }
        addresses.addAll(applied.addresses());
    }

    public void addAll(SyncScope other) {
        ports.addAll(other.ports);
        servers.addAll(other.servers);
        members.addAll(other.members);
        addresses.addAll(other.addresses);
    }
}
