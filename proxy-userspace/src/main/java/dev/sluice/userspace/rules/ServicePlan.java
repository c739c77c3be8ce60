package dev.sluice.userspace.rules;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipset.SetEntry.IpPort;
import dev.sluice.linux.ipset.SetEntry.IpPortNet;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.RuleText;
import dev.sluice.userspace.routing.Portal;
import dev.sluice.userspace.routing.Scope;
import dev.sluice.userspace.rules.PortalSet.Fate;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What one service port needs in the kernel.
 *
 * @param portals what leads to it, and under which policy
 * @param members the set elements that carry that
 */
public record ServicePlan(ServicePortName name, IpFamily family, Map<Portal, Door> portals, Set<Member> members) {

    /** An element of a set. */
    public record Member(IpSet set, SetEntry entry) {}

    /** A portal's policy, and what becomes of new connections to it. */
    public record Door(Scope scope, Fate fate) {
        /** Whether some traffic is led to the proxy. */
        public boolean redirects() {
            return fate == Fate.OPEN || fate == Fate.NODE_ONLY;
        }
    }

    /** Renders {@code port}. */
    public static ServicePlan of(ResolvedPort port) {
        ServicePort service = port.service();
        Fate internal = internalFate(port);
        Fate external = externalFate(port);
        Map<Portal, Door> portals = new LinkedHashMap<>();
        portals.put(address(service, service.clusterIp()), new Door(Scope.INTERNAL, internal));
        for (Portal portal : externalPortals(service)) {
            portals.putIfAbsent(portal, new Door(Scope.EXTERNAL, external));
        }
        return new ServicePlan(port.name(), port.family(), portals, members(service, portals));
    }

    private static Set<Portal> externalPortals(ServicePort service) {
        Set<Portal> portals = new LinkedHashSet<>();
        service.externalIps().forEach(ip -> portals.add(address(service, ip)));
        service.loadBalancerVips().forEach(ip -> portals.add(address(service, ip)));
        if (service.nodePort() != 0) {
            portals.add(new Portal.NodePort(service.protocol(), service.nodePort()));
        }
        return portals;
    }

    private static Portal address(ServicePort service, IpAddress address) {
        return new Portal.Address(service.protocol(), address, service.port());
    }

    private static Fate internalFate(ResolvedPort port) {
        return switch (port.internalDisposition()) {
            case FORWARD -> Fate.OPEN;
            case DROP -> Fate.DROPPED;
            case REJECT -> Fate.REFUSED;
        };
    }

    private static Fate externalFate(ResolvedPort port) {
        return switch (port.externalDisposition()) {
            case FORWARD -> Fate.OPEN;
            case DROP -> port.endpoints().cluster().isEmpty() ? Fate.DROPPED : Fate.NODE_ONLY;
            case REJECT -> Fate.REFUSED;
        };
    }

    private static Set<Member> members(ServicePort service, Map<Portal, Door> portals) {
        IpFamily family = service.family();
        Set<Member> members = new LinkedHashSet<>();
        portals.forEach((portal, door) -> members.add(
                switch (portal) {
                    case Portal.Address a ->
                        new Member(
                                PortalSet.addresses(family, door.fate()),
                                new IpPort(a.address(), a.protocol(), a.port()));
                    case Portal.NodePort n ->
                        new Member(PortalSet.nodePorts(family, n.protocol(), door.fate()), new SetEntry.Port(n.port()));
                }));
        if (!service.sourceRanges().isEmpty()) {
            for (IpAddress vip : service.loadBalancerVips()) {
                members.addAll(fence(service, vip));
            }
        }
        return members;
    }

    private static Set<Member> fence(ServicePort service, IpAddress vip) {
        Set<Member> members = new LinkedHashSet<>();
        // the allowed ones come first, so that the fence never stands without its gates
        for (Cidr range : service.sourceRanges()) {
            members.add(new Member(
                    PortalSet.allowed(service.family()),
                    new IpPortNet(vip, service.protocol(), service.port(), range)));
        }
        members.add(
                new Member(PortalSet.fenced(service.family()), new IpPort(vip, service.protocol(), service.port())));
        return members;
    }

    /** Whether it needs a UDP socket. */
    public boolean needsUdpSocket() {
        return name.protocol() == Protocol.UDP && portals.values().stream().anyMatch(Door::redirects);
    }

    /** The redirect rules of its UDP socket, one for each portal that redirects. */
    public List<RuleLine> udpRules(IpAddress address, int port) {
        List<RuleLine> rules = new ArrayList<>();
        String target = "-j DNAT --to-destination " + address.withPort(port);
        String comment = RuleText.comment(name.toString());
        portals.forEach((portal, door) -> {
            if (door.redirects()) {
                String match = "-m udp --dport " + portal.port();
                rules.add(
                        switch (portal) {
                            case Portal.Address a ->
                                new RuleLine(
                                        RedirectRules.UDP,
                                        RuleText.join(
                                                RuleText.destination(a.address()), "-p udp", comment, match, target));
                            case Portal.NodePort n ->
                                new RuleLine(RedirectRules.UDP_NODE, RuleText.join("-p udp", comment, match, target));
                        });
            }
        });
        return rules;
    }
}
