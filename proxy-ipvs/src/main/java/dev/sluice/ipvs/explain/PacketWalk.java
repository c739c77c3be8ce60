// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.explain;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.ipvs.plan.AppliedObjects;
import dev.sluice.ipvs.plan.DesiredObjects;
import dev.sluice.ipvs.plan.DesiredServer;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.PortPlan;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.linux.rules.PacketTracer;
import dev.sluice.linux.rules.PacketTracer.Branch;
import dev.sluice.linux.rules.PacketTracer.End;
import dev.sluice.linux.rules.RuleTable;
import dev.sluice.linux.rules.TracedPacket;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.ToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * Takes a packet through the desired rules and virtual servers in the order of the kernel's hooks: nat PREROUTING and
 * filter INPUT before IPVS for what arrives, mangle and nat OUTPUT before it for what the node sends, nat POSTROUTING
 * behind it. No rule of this mode matches at random, so each walk through a chain has one end.
 */
public final class PacketWalk {
    private final IpvsRules rules;
    private final DesiredObjects desired;
    private final @Nullable AppliedObjects applied;
    private final NodeView node;
    private final Packet packet;
    private final RuleTable nat;
    private final Set<Step> steps = new LinkedHashSet<>();
    private final PacketTracer tracer = new PacketTracer(this::isLocal, this::contains, steps);

    /** @param applied what the kernel has, for the real servers that drain; null while it is not known */
    public PacketWalk(
            IpvsRules rules, DesiredObjects desired, @Nullable AppliedObjects applied, NodeView node, Packet packet) {
        this.rules = rules;
        this.desired = desired;
        this.applied = applied;
        this.node = node;
        this.packet = packet;
        nat = rules.nat(desired.serviceRules());
    }

    public Trace trace() {
        ServicePortName service = desired.portAt(key(packet.destination(), packet.destinationPort()));
        Branch arrived = untilIpvs();
        if (arrived.stops()) {
            return stopped(service, arrived.end() == End.DROPPED ? Verdict.DROP : Verdict.REJECT);
        }
        VirtualServerKey key =
                key(arrived.packet().destination(), arrived.packet().port());
        DesiredServer server = desired.server(key);
        if (server == null) {
            if (applied != null && applied.foreign().contains(key)) {
                steps.add(new Step("ipvs " + key, "a virtual server of another program"));
            }
            return Trace.notAService(List.copyOf(steps));
        }
        steps.add(new Step("ipvs " + key, ServerText.of(server, applied == null ? null : applied.server(key))));
        if (server.realServers().isEmpty()) {
            return stopped(service, Verdict.REJECT);
        }
        List<Candidate> candidates = candidates(server, arrived.packet());
        return new Trace(service, List.copyOf(steps), Verdict.FORWARD, candidates);
    }

    private Trace stopped(@Nullable ServicePortName service, Verdict verdict) {
        return Trace.stopped(service, List.copyOf(steps), verdict);
    }

    private VirtualServerKey key(IpAddress address, int port) {
        return new VirtualServerKey(packet.protocol(), address, port);
    }

    private Branch untilIpvs() {
        TracedPacket sent = TracedPacket.of(packet);
        if (packet.origin() == Origin.NODE) {
            Branch filtered = walk(rules.mangle(), "OUTPUT", sent);
            return filtered.stops() ? filtered : walk(nat, "OUTPUT", filtered.packet());
        }
        Branch arrived = walk(nat, "PREROUTING", sent);
        String next = tracer.isLocal(arrived.packet().destination()) ? "INPUT" : "FORWARD";
        return walk(rules.filter(), next, arrived.packet());
    }

    private Branch walk(RuleTable table, String hook, TracedPacket at) {
        return tracer.walk(table, hook, at).getFirst();
    }

    private List<Candidate> candidates(DesiredServer server, TracedPacket arrived) {
        ToIntFunction<RealServer> share = share(server);
        double all = server.realServers().stream().mapToLong(share::applyAsInt).sum();
        List<Candidate> candidates = new ArrayList<>();
        for (RealServer to : server.realServers()) {
            boolean masqueraded = tracer.isMasqueraded(nat, arrived.to(to.address(), to.port()));
            candidates.add(new Candidate(to.address(), to.port(), share.applyAsInt(to) / all, masqueraded));
        }
        return candidates;
    }

    /** A real server's share of the new connections of many clients, if all are as busy as their weights say. */
    private static ToIntFunction<RealServer> share(DesiredServer server) {
        return switch (server.server().scheduler()) {
            case "rr", "lc", "dh" -> each -> 1;
            case "fo" -> {
                int most = server.realServers().stream()
                        .mapToInt(RealServer::weight)
                        .max()
                        .orElse(0);
                yield each -> each.weight() == most ? 1 : 0;
            }
            default -> RealServer::weight;
        };
    }

    private boolean isLocal(IpAddress address) {
        return node.elsewhere().contains(address) || desired.has(address);
    }

    private boolean contains(IpSet set, SetEntry entry) {
        return entry instanceof SetEntry.IpPortNet asked
                ? isAllowedSource(asked)
                : desired.has(new SetMember(KubeSet.of(set), entry));
    }

    /** Looks through the source ranges of the Service that has the address and port. */
    private boolean isAllowedSource(SetEntry.IpPortNet asked) {
        ServicePortName owner = desired.portAt(key(asked.address(), asked.port()));
        PortPlan plan = owner == null ? null : desired.plan(owner);
        return plan != null
                && plan.members().stream()
                        .map(SetMember::entry)
                        .anyMatch(entry -> entry instanceof SetEntry.IpPortNet range
                                && range.address().equals(asked.address())
                                && range.port() == asked.port()
                                && range.net().contains(asked.net().base()));
    }
}
