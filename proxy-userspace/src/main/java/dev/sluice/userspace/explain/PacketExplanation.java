// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.explain;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.linux.rules.PacketTracer;
import dev.sluice.linux.rules.PacketTracer.Branch;
import dev.sluice.linux.rules.TracedPacket;
import dev.sluice.userspace.balance.UpstreamPool;
import dev.sluice.userspace.plan.PlannedPorts;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.RoutingTable;
import dev.sluice.userspace.routing.SourcePolicy;
import dev.sluice.userspace.rules.RedirectRules;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/** Follows a packet through the rules as rendered and the desired set elements, and then through the proxy. */
public final class PacketExplanation {
    private final RedirectRules rules;
    private final PlannedPorts ports;
    private final RoutingTable table;
    private final List<Step> steps = new ArrayList<>();

    public PacketExplanation(RedirectRules rules, PlannedPorts ports, RoutingTable table) {
        this.rules = rules;
        this.ports = ports;
        this.table = table;
    }

    /** The trace of {@code packet}. */
    public Trace of(Packet packet) {
        PacketTracer tracer = new PacketTracer(table.locality()::isNode, ports, steps);
        // no rule of this mode leaves anything to chance
        Branch end = tracer.enter(rules.nat(), rules.filter(), TracedPacket.of(packet))
                .getFirst();
        PortalRoute route = table.find(packet.protocol(), packet.destination(), packet.destinationPort());
        return switch (end.end()) {
            case DROPPED -> stopped(route, Verdict.DROP);
            case REJECTED -> stopped(route, Verdict.REJECT);
            case REWRITTEN -> route == null ? stopped(null, Verdict.REJECT) : chosen(packet, route);
            case PASSED, ACCEPTED, MASQUERADED -> Trace.notAService(steps);
        };
    }

    private Trace chosen(Packet packet, PortalRoute route) {
        boolean fromNode =
                packet.origin() == Packet.Origin.NODE || table.locality().isLocal(packet.source());
        PortBalancer balancer = route.balancer();
        UpstreamPool allowed = balancer.endpoints(route.scope(), fromNode);
        ChoiceText choice = new ChoiceText(balancer, allowed, packet, System.nanoTime());
        SourcePolicy sources = table.sources();
        Predicate<IpAddress> masqueraded = endpoint -> packet.origin() == Packet.Origin.NODE
                || !sources.keeps(balancer, route.scope(), packet.source(), endpoint, table.locality());
        steps.add(new Step("userspace " + portal(packet), balancer.name() + ": " + choice.text()));
        List<Candidate> candidates = choice.candidates(masqueraded);
        return candidates.isEmpty()
                ? stopped(route, Verdict.REJECT)
                : new Trace(balancer.name(), steps, Verdict.FORWARD, candidates);
    }

    private Portal portal(Packet packet) {
        Portal address = new Portal.Address(packet.protocol(), packet.destination(), packet.destinationPort());
        return table.get(address) == null ? new Portal.NodePort(packet.protocol(), packet.destinationPort()) : address;
    }

    private Trace stopped(@Nullable PortalRoute route, Verdict verdict) {
        return Trace.stopped(route == null ? null : route.balancer().name(), steps, verdict);
    }
}
