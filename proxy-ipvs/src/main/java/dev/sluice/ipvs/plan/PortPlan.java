// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.plan;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.ServiceRules;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.ipvs.rules.UnboundPortal;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The plan of one service port: all its objects in the kernel.
 *
 * @param addresses what it needs bound to the dummy device
 * @param rules of its external addresses
 * @param problems values of the Service that are ignored
 */
public record PortPlan(
        List<DesiredServer> servers,
        List<SetMember> members,
        List<IpAddress> addresses,
        ServiceRules rules,
        List<Problem> problems) {
    public PortPlan {
        servers = List.copyOf(servers);
        members = List.copyOf(members);
        addresses = List.copyOf(addresses);
        problems = List.copyOf(problems);
    }

    /** The path of a port within its Service, e.g. {@code spec.ports[http]}; unnamed ports go by their protocol. */
    public static String field(ServicePortName name) {
        return "spec.ports[" + (name.port().isEmpty() ? name.protocol().toString() : name.port()) + "]";
    }

    /**
     * The same without the virtual servers {@code foreign}, which other programs have, and all that belongs to them.
     */
    public PortPlan without(Set<VirtualServerKey> foreign, ServicePortName name) {
        List<VirtualServerKey> taken = servers.stream()
                .map(DesiredServer::key)
                .filter(foreign::contains)
                .toList();
        if (taken.isEmpty()) {
            return this;
        }
        List<DesiredServer> left =
                servers.stream().filter(s -> !taken.contains(s.key())).toList();
        Set<IpAddress> served = left.stream().map(s -> s.key().address()).collect(Collectors.toSet());
        List<Problem> all = new ArrayList<>(problems);
        taken.forEach(key -> all.add(Problem.ignored(ObjectRef.service(name.service()), field(name), isTaken(key))));
        return new PortPlan(
                left,
                membersWithout(taken, served),
                addresses.stream().filter(served::contains).toList(),
                rulesWithout(taken),
                all);
    }

    private ServiceRules rulesWithout(List<VirtualServerKey> taken) {
        return new ServiceRules(
                rules.shortCircuits().stream()
                        .filter(s -> !taken.contains(s.from()) && !taken.contains(s.to()))
                        .toList(),
                rules.unbound().stream().filter(u -> !taken.contains(u.to())).toList(),
                rules.unbound().stream()
                        .filter(u -> taken.contains(u.to()))
                        .map(UnboundPortal::from)
                        .collect(Collectors.toSet()));
    }

    private static String isTaken(VirtualServerKey key) {
        return key + " is a virtual server of another program and left alone; delete it with ipvsadm -D, or give the"
                + " Service another address or port";
    }

    /**
     * Elements of an address are removed with its last virtual server, those of a node port's number with the last of
     * node ports.
     */
    private List<SetMember> membersWithout(List<VirtualServerKey> taken, Set<IpAddress> served) {
        boolean anyNodePort =
                members.stream().anyMatch(m -> m.set() == KubeSet.NODE_PORT_SERVERS && !taken.contains(m.server()));
        return members.stream()
                .filter(m -> !taken.contains(m.server()))
                .filter(m -> !(m.entry() instanceof SetEntry.Ip e) || served.contains(e.address()))
                .filter(m -> anyNodePort || !m.set().isOfNodePorts())
                .toList();
    }
}
