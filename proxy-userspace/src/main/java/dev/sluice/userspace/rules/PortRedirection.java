package dev.sluice.userspace.rules;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipset.SetEntry.IpPort;
import dev.sluice.linux.ipset.SetEntry.IpPortNet;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.RuleText;
import dev.sluice.userspace.routing.Portal;
import dev.sluice.userspace.routing.PortalScope;
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
public record PortRedirection(
        ServicePortName name, IpFamily family, Map<Portal, PortalPolicy> portals, Set<SetElement> members) {

    /** Renders {@code port}. */
    public static PortRedirection of(ResolvedPort port) {
        ServicePort service = port.service();
        PortalAccess internal = internalFate(port);
        PortalAccess external = externalFate(port);
        Map<Portal, PortalPolicy> portals = new LinkedHashMap<>();
        portals.put(address(service, service.clusterIp()), new PortalPolicy(PortalScope.INTERNAL, internal));
        for (Portal portal : externalPortals(service)) {
            portals.putIfAbsent(portal, new PortalPolicy(PortalScope.EXTERNAL, external));
        }
        return new PortRedirection(port.name(), port.family(), portals, members(service, portals));
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

    private static PortalAccess internalFate(ResolvedPort port) {
        return switch (port.internalDisposition()) {
            case FORWARD -> PortalAccess.OPEN;
            case DROP -> PortalAccess.DROPPED;
            case REJECT -> PortalAccess.REFUSED;
        };
    }

    private static PortalAccess externalFate(ResolvedPort port) {
        return switch (port.externalDisposition()) {
            case FORWARD -> PortalAccess.OPEN;
            case DROP -> port.endpoints().cluster().isEmpty() ? PortalAccess.DROPPED : PortalAccess.NODE_ONLY;
            case REJECT -> PortalAccess.REFUSED;
        };
    }

    private static Set<SetElement> members(ServicePort service, Map<Portal, PortalPolicy> portals) {
        IpFamily family = service.family();
        Set<SetElement> members = new LinkedHashSet<>();
        portals.forEach((portal, door) -> members.add(
                switch (portal) {
                    case Portal.Address a ->
                        new SetElement(
                                PortalSets.addresses(family, door.access()),
                                new IpPort(a.address(), a.protocol(), a.port()));
                    case Portal.NodePort n ->
                        new SetElement(
                                PortalSets.nodePorts(family, n.protocol(), door.access()), new SetEntry.Port(n.port()));
                }));
        if (!service.sourceRanges().isEmpty()) {
            for (IpAddress vip : service.loadBalancerVips()) {
                members.addAll(fence(service, vip));
            }
        }
        return members;
    }

    private static Set<SetElement> fence(ServicePort service, IpAddress vip) {
        Set<SetElement> members = new LinkedHashSet<>();
        // the allowed ones come first, so that the fence never stands without its gates
        for (Cidr range : service.sourceRanges()) {
            members.add(new SetElement(
                    PortalSets.allowed(service.family()),
                    new IpPortNet(vip, service.protocol(), service.port(), range)));
        }
        members.add(new SetElement(
                PortalSets.fenced(service.family()), new IpPort(vip, service.protocol(), service.port())));
        return members;
    }

    /** Whether it needs a UDP socket. */
    public boolean needsUdpSocket() {
        return name.protocol() == Protocol.UDP && portals.values().stream().anyMatch(PortalPolicy::redirects);
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
