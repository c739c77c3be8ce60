package dev.sluice.userspace;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.Portal;
import dev.sluice.userspace.routing.PortalScope;
import dev.sluice.userspace.routing.RoutingTable;
import dev.sluice.userspace.rules.PortalAccess;
import dev.sluice.userspace.rules.PortalPolicy;
import dev.sluice.userspace.rules.PortalSets;
import dev.sluice.userspace.rules.RedirectRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Follows a packet through the sets, the rules and the table. */
final class Explanation {
    private final BackendConfig config;
    private final RoutingTable table;
    private final ServiceBook book;
    private final Optional<RedirectRules> rules;
    private final List<Step> steps = new ArrayList<>();

    Explanation(BackendConfig config, RoutingTable table, ServiceBook book, Optional<RedirectRules> rules) {
        this.config = config;
        this.table = table;
        this.book = book;
        this.rules = rules;
    }

    Trace of(Packet packet) {
        Portal portal = new Portal.Address(packet.protocol(), packet.destination(), packet.destinationPort());
        ServiceState state = book.behind(portal);
        if (state == null && servesNodePorts(packet.destination())) {
            portal = new Portal.NodePort(packet.protocol(), packet.destinationPort());
            state = book.behind(portal);
        }
        PortalPolicy door = state == null ? null : state.plan().portals().get(portal);
        if (state == null || door == null) {
            steps.add(new Step(
                    "nat SLUICE-SERVICES",
                    "no set holds " + packet.destination().withPort(packet.destinationPort())));
            return Trace.notAService(steps);
        }
        return through(packet, portal, state, door);
    }

    private boolean servesNodePorts(IpAddress address) {
        return table.locality().isNode(address)
                && (address.isLoopback() ? config.localhostNodePorts() : true)
                && config.nodePortAddresses().contains(address);
    }

    private Trace through(Packet packet, Portal portal, ServiceState state, PortalPolicy door) {
        boolean fromNode =
                packet.origin() == Packet.Origin.NODE || table.locality().isLocal(packet.source());
        if (fenced(packet, portal, state.live().resolved().service())) {
            steps.add(new Step("filter SLUICE-FIREWALL", "source range: DROP"));
            return end(state, Verdict.DROP);
        }
        String set = set(portal, door.access());
        boolean taken = door.access() == PortalAccess.OPEN || (door.access() == PortalAccess.NODE_ONLY && fromNode);
        if (!taken) {
            boolean refused = door.access() == PortalAccess.REFUSED;
            steps.add(new Step("filter SLUICE-FIREWALL", set + ": " + (refused ? "REJECT" : "DROP")));
            return end(state, refused ? Verdict.REJECT : Verdict.DROP);
        }
        steps.add(new Step("nat SLUICE-SERVICES", set + ": " + redirect(state)));
        return choice(packet, portal, state, door.scope(), fromNode);
    }

    private Trace choice(Packet packet, Portal portal, ServiceState state, PortalScope scope, boolean fromNode) {
        PortBalancer live = state.live();
        UpstreamPool allowed = state.udp() == null ? live.endpoints(scope, fromNode) : live.datagramEndpoints(fromNode);
        IpAddress destination = state.udp() == null
                ? packet.destination()
                : live.resolved().service().clusterIp();
        ChoiceText choice = new ChoiceText(live, allowed, packet, destination, System.nanoTime());
        steps.add(new Step("userspace " + portal, live.name() + ": " + choice.text()));
        return choice.candidates().isEmpty()
                ? end(state, Verdict.REJECT)
                : new Trace(live.name(), steps, Verdict.FORWARD, choice.candidates());
    }

    private String redirect(ServiceState state) {
        return rules.map(r ->
                        "DNAT to " + r.proxyAddress().withPort(state.udp() == null ? r.tcpPort() : state.udpPort()))
                .orElse("DNAT");
    }

    private String set(Portal portal, PortalAccess fate) {
        return switch (portal) {
            case Portal.Address a -> PortalSets.addresses(config.family(), fate).name();
            case Portal.NodePort n ->
                PortalSets.nodePorts(config.family(), n.protocol(), fate).name();
        };
    }

    private static boolean fenced(Packet packet, Portal portal, ServicePort service) {
        return portal instanceof Portal.Address address
                && service.loadBalancerVips().contains(address.address())
                && !service.sourceRanges().isEmpty()
                && service.sourceRanges().stream().noneMatch(range -> range.contains(packet.source()));
    }

    private Trace end(ServiceState state, Verdict verdict) {
        return Trace.stopped(state.live().name(), steps, verdict);
    }
}
