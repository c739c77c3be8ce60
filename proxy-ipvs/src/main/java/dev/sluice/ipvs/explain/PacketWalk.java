package dev.sluice.ipvs.explain;

import dev.sluice.core.model.ServicePortName;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.ipvs.plan.DesiredState;
import dev.sluice.ipvs.plan.InForce;
import dev.sluice.ipvs.plan.NodeView;
import dev.sluice.ipvs.plan.PlannedServer;
import dev.sluice.ipvs.plan.PortPlan;
import dev.sluice.ipvs.rules.FixedRules;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.Match;
import dev.sluice.ipvs.rules.Member;
import dev.sluice.ipvs.rules.Rule;
import dev.sluice.ipvs.rules.RuleTable;
import dev.sluice.ipvs.rules.ShortCircuit;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.ServiceKey;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Takes a packet through the rules and virtual servers as they are wanted, in the order of the kernel's hooks: nat
 * PREROUTING and filter INPUT before IPVS for what arrives, mangle and nat OUTPUT before it for what the node sends, nat
 * POSTROUTING behind it.
 */
public final class PacketWalk {
    private final FixedRules rules;
    private final DesiredState desired;
    private final @Nullable InForce inForce;
    private final NodeView node;
    private final Packet packet;
    private final List<Step> steps = new ArrayList<>();
    private ServiceKey to;
    private boolean marked;
    private boolean masqueraded;

    private enum End {
        RETURNED,
        ACCEPTED,
        DROPPED,
        REJECTED
    }

    /** @param inForce what the kernel has, for the destinations that drain; null when it is not known */
    public PacketWalk(FixedRules rules, DesiredState desired, @Nullable InForce inForce, NodeView node, Packet packet) {
        this.rules = rules;
        this.desired = desired;
        this.inForce = inForce;
        this.node = node;
        this.packet = packet;
        to = new ServiceKey(packet.protocol(), packet.destination(), packet.destinationPort());
    }

    public Trace trace() {
        ServicePortName service = desired.owner(to);
        End end = untilIpvs();
        if (end == End.DROPPED) {
            return Trace.stopped(service, steps, Verdict.DROP);
        }
        if (end == End.REJECTED) {
            return Trace.stopped(service, steps, Verdict.REJECT);
        }
        PlannedServer server = desired.server(to);
        if (server == null) {
            if (inForce != null && inForce.foreign().contains(to)) {
                steps.add(new Step("ipvs " + to, "a virtual server of another program"));
            }
            return Trace.notAService(steps);
        }
        steps.add(new Step("ipvs " + to, ServerText.of(server, inForce == null ? null : inForce.server(to))));
        if (server.destinations().isEmpty()) {
            return Trace.stopped(service, steps, Verdict.REJECT);
        }
        List<Double> shares = Shares.of(server);
        List<Candidate> candidates = new ArrayList<>();
        for (int i = 0; i < shares.size(); i++) {
            RealServer destination = server.destinations().get(i);
            candidates.add(new Candidate(destination.address(), destination.port(), shares.get(i), leave(destination)));
        }
        return new Trace(service, steps, Verdict.FORWARD, candidates);
    }

    private End untilIpvs() {
        PacketFields fields = atTarget();
        if (packet.origin() == Packet.Origin.NODE) {
            End end = builtIn(rules.mangle(), "OUTPUT", fields);
            return stops(end) ? end : builtIn(rules.nat(), "OUTPUT", fields);
        }
        builtIn(rules.nat(), "PREROUTING", fields);
        return isLocal(to.address()) ? builtIn(rules.filter(), "INPUT", atTarget()) : End.RETURNED;
    }

    private PacketFields atTarget() {
        return new PacketFields(packet, to.address(), to.port());
    }

    private static boolean stops(End end) {
        return end == End.DROPPED || end == End.REJECTED;
    }

    /** What each destination's packet meets behind IPVS, a step that many share told once; whether it is masqueraded. */
    private boolean leave(RealServer destination) {
        masqueraded = false;
        boolean markedBefore = marked;
        int stepsBefore = steps.size();
        builtIn(rules.nat(), "POSTROUTING", new PacketFields(packet, destination.address(), destination.port()));
        marked = markedBefore;
        for (int i = steps.size() - 1; i >= stepsBefore; i--) {
            if (steps.subList(0, i).contains(steps.get(i))) {
                steps.remove(i);
            }
        }
        return masqueraded;
    }

    private End builtIn(RuleTable table, String hook, PacketFields fields) {
        for (RuleTable.Jump jump : table.jumps(hook)) {
            End end = chain(table, jump.to(), fields);
            if (end != End.RETURNED) {
                return end;
            }
        }
        return End.RETURNED;
    }

    private End chain(RuleTable table, String chain, PacketFields fields) {
        for (Rule rule : chain.equals(FixedRules.SHORT_CIRCUIT_TO) ? toAllEndpoints() : table.rules(chain)) {
            if (!rule.matches().stream().allMatch(m -> matches(m, fields))) {
                continue;
            }
            steps.add(new Step(table.name() + " " + chain, rule.spec(packet.family())));
            Optional<End> end = target(table, rule.target(), fields);
            if (end.isPresent()) {
                return end.get();
            }
        }
        return End.RETURNED;
    }

    private List<Rule> toAllEndpoints() {
        return desired.shortCircuits().stream().map(ShortCircuit::rule).toList();
    }

    /** What a target does; empty when the packet goes on with the next rule. */
    private Optional<End> target(RuleTable table, String target, PacketFields fields) {
        if (table.chains().contains(target)) {
            return Optional.of(chain(table, target, fields)).filter(end -> end != End.RETURNED);
        }
        return switch (target.split(" ", 2)[0]) {
            case "RETURN" -> Optional.of(End.RETURNED);
            case "ACCEPT" -> Optional.of(End.ACCEPTED);
            case "DROP" -> Optional.of(End.DROPPED);
            case "REJECT" -> Optional.of(End.REJECTED);
            case "MASQUERADE" -> {
                masqueraded = true;
                yield Optional.of(End.ACCEPTED);
            }
            case "DNAT" -> {
                to = rewritten();
                yield Optional.of(End.ACCEPTED);
            }
            case "MARK" -> {
                marked = !target.endsWith("/0x0");
                yield Optional.empty();
            }
            default -> throw new IllegalStateException("no way to follow target " + target);
        };
    }

    private ServiceKey rewritten() {
        return desired.shortCircuits().stream()
                .filter(s -> s.from().equals(to))
                .findFirst()
                .orElseThrow()
                .to();
    }

    private boolean matches(Match match, PacketFields fields) {
        return switch (match) {
            case Match.Comment m -> true;
            case Match.Source m -> m.range().contains(packet.source()) != m.inverted();
            case Match.InInterface m -> cameThrough(m.name()) != m.inverted();
            case Match.OfProtocol m -> m.protocol() == packet.protocol();
            case Match.InSet m -> inSet(m.set(), m.directions(), fields);
            case Match.NotInSet m -> !inSet(m.set(), m.directions(), fields);
            case Match.Destination m ->
                m.key().equals(new ServiceKey(packet.protocol(), fields.destination(), fields.destinationPort()));
            case Match.Local m -> m.source() ? packet.origin() == Packet.Origin.NODE : isLocal(fields.destination());
            case Match.Marked m -> marked != m.inverted();
            case Match.State m -> !m.established();
        };
    }

    private boolean cameThrough(String name) {
        return name.endsWith("+")
                ? packet.inInterface().startsWith(name.substring(0, name.length() - 1))
                : packet.inInterface().equals(name);
    }

    private boolean inSet(KubeSet set, String directions, PacketFields fields) {
        if (set == KubeSet.SOURCE_CIDR) {
            return inSourceRange(fields);
        }
        return desired.wants(new Member(set, fields.element(set, directions)));
    }

    private boolean inSourceRange(PacketFields fields) {
        ServiceKey key = new ServiceKey(packet.protocol(), fields.destination(), fields.destinationPort());
        ServicePortName owner = desired.owner(key);
        PortPlan plan = owner == null ? null : desired.plan(owner);
        return plan != null
                && plan.members().stream()
                        .map(Member::entry)
                        .anyMatch(entry -> entry instanceof SetEntry.IpPortNet e
                                && e.address().equals(key.address())
                                && e.port() == key.port()
                                && e.net().contains(packet.source()));
    }

    private boolean isLocal(IpAddress address) {
        return node.elsewhere().contains(address) || desired.wants(address);
    }
}
