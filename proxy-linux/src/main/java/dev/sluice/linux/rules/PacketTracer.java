// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.iptables.ChainName;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.Predicate;

/**
 * Walks the first packet of a connection through rules as the kernel does, down every branch that chance may take. What
 * it cannot follow, such as a jump to a chain that is not there, is an {@link IllegalStateException}: a trace never
 * guesses.
 */
public final class PacketTracer {
    private final Predicate<IpAddress> nodeAddresses;
    private final SetLookup sets;
    private final InstantSource clock;
    private final Collection<Step> steps;

    /** How a branch ends. */
    public enum End {
        /** The chain ran out, or a rule returned from it. */
        PASSED,
        ACCEPTED,
        /** Accepted with another destination. */
        REWRITTEN,
        MASQUERADED,
        DROPPED,
        REJECTED
    }

    /** One of the ways that a packet may take; the probabilities of all add up to that of the walk's start. */
    public record Branch(End end, TracedPacket packet, double probability) {
        /** Whether the packet gets no further. */
        public boolean stops() {
            return end == End.DROPPED || end == End.REJECTED;
        }
    }

    /**
     * @param nodeAddresses whether an address is one of the node's; loopback addresses always are
     * @param steps gets each rule that a branch meets; a set of steps keeps each once
     */
    public PacketTracer(Predicate<IpAddress> nodeAddresses, SetLookup sets, Collection<Step> steps) {
        this(nodeAddresses, sets, steps, InstantSource.system());
    }

    PacketTracer(Predicate<IpAddress> nodeAddresses, SetLookup sets, Collection<Step> steps, InstantSource clock) {
        this.nodeAddresses = nodeAddresses;
        this.sets = sets;
        this.steps = steps;
        this.clock = clock;
    }

    /** Whether {@code address} is one of the node's own. */
    public boolean isLocal(IpAddress address) {
        return address.isLoopback() || nodeAddresses.test(address);
    }

    /**
     * All branches through nat as the packet enters, then through filter. A branch that filter lets pass ends as nat
     * ended it.
     */
    public List<Branch> enter(TracedTable nat, TracedTable filter, TracedPacket packet) {
        boolean fromNode = packet.packet().origin() == Origin.NODE;
        List<Branch> ends = new ArrayList<>();
        for (Branch arrived : walk(nat, fromNode ? "OUTPUT" : "PREROUTING", packet)) {
            String hook = fromNode ? "OUTPUT" : isLocal(arrived.packet().destination()) ? "INPUT" : "FORWARD";
            for (Branch filtered : walk(filter, hook, arrived.packet())) {
                ends.add(new Branch(
                        filtered.stops() ? filtered.end() : arrived.end(),
                        filtered.packet(),
                        arrived.probability() * filtered.probability()));
            }
        }
        return ends;
    }

    /** Whether the packet is given an address of the node as it leaves. */
    public boolean isMasqueraded(TracedTable nat, TracedPacket packet) {
        return walk(nat, "POSTROUTING", packet).stream().anyMatch(branch -> branch.end() == End.MASQUERADED);
    }

    /** All branches through {@code chain}; a built-in chain need not be there. */
    public List<Branch> walk(TracedTable table, String chain, TracedPacket packet) {
        List<Branch> ends = new ArrayList<>();
        walk(table, chain, 0, packet, 1, ends);
        return ends;
    }

    private void walk(
            TracedTable table, String chain, int from, TracedPacket packet, double chance, List<Branch> ends) {
        List<Rule> rules = rules(table, chain);
        double left = chance;
        for (int i = from; i < rules.size(); i++) {
            Rule rule = rules.get(i);
            double probability = probability(rule, packet);
            if (probability == 0) {
                continue;
            }
            steps.add(new Step(table.name() + " " + chain, rule.text()));
            follow(table, chain, i, rule.target(), packet, left * probability, ends);
            left -= left * probability;
            if (probability == 1) {
                return;
            }
        }
        ends.add(new Branch(End.PASSED, packet, left));
    }

    private static List<Rule> rules(TracedTable table, String chain) {
        return table.rules(chain).orElseGet(() -> {
            if (ChainName.isBuiltIn(chain)) {
                return List.of();
            }
            throw new IllegalStateException("table " + table.name() + " has no chain " + chain);
        });
    }

    private void follow(
            TracedTable table,
            String chain,
            int at,
            Target target,
            TracedPacket packet,
            double chance,
            List<Branch> ends) {
        switch (target) {
            case Target.Standard.CONTINUE -> walk(table, chain, at + 1, packet, chance, ends);
            case Target.RememberSource t -> walk(table, chain, at + 1, packet, chance, ends);
            case Target.SetConnectionMark t -> walk(table, chain, at + 1, packet, chance, ends);
            case Target.SetMark t -> walk(table, chain, at + 1, packet.marked(t.applyTo(packet.mark())), chance, ends);
            case Target.Standard.RETURN -> ends.add(new Branch(End.PASSED, packet, chance));
            case Target.Standard.ACCEPT -> ends.add(new Branch(End.ACCEPTED, packet, chance));
            case Target.Standard.DROP -> ends.add(new Branch(End.DROPPED, packet, chance));
            case Target.Reject t -> ends.add(new Branch(End.REJECTED, packet, chance));
            case Target.Masquerade t -> ends.add(new Branch(End.MASQUERADED, packet, chance));
            case Target.Dnat t -> ends.add(new Branch(End.REWRITTEN, packet.to(t.address(), t.port()), chance));
            case Target.Jump t -> {
                List<Branch> inner = new ArrayList<>();
                walk(table, t.chain(), 0, packet, chance, inner);
                for (Branch branch : inner) {
                    if (branch.end() == End.PASSED) {
                        walk(table, chain, at + 1, branch.packet(), branch.probability(), ends);
                    } else {
                        ends.add(branch);
                    }
                }
            }
        }
    }

    /** The probability that all matches hold: 0, 1, or that of chance. */
    private double probability(Rule rule, TracedPacket packet) {
        double probability = 1;
        for (Match match : rule.matches()) {
            if (match instanceof Match.OneIn chance) {
                probability *= chance.probability();
            } else if (!holds(match, packet)) {
                return 0;
            }
        }
        return probability;
    }

    private boolean holds(Match match, TracedPacket packet) {
        return switch (match) {
            case Match.Source m -> m.range().contains(packet.address(Side.SOURCE)) != m.negated();
            case Match.Destination m -> m.range().contains(packet.destination()) != m.negated();
            case Match.InInterface m -> cameThrough(m.name(), packet.packet().inInterface()) != m.negated();
            case Match.OfProtocol m -> m.protocol() == packet.packet().protocol();
            case Match.Transport m ->
                m.protocol() == packet.packet().protocol() && packet.port() >= m.first() && packet.port() <= m.last();
            case Match.LocalAddress m -> isLocal(m.side(), packet);
            case Match.Marked m -> ((packet.mark() & m.mark().value()) != 0) != m.negated();
            // the first packet of a connection that nobody has marked
            case Match.ConnectionMarked m -> m.negated();
            case Match.InReply m -> false;
            case Match.ForTransparentSocket m -> false;
            case Match.InState m -> isInState(m, packet) != m.negated();
            case Match.InSet m -> sets.contains(m.set(), element(m, packet)) != m.negated();
            case Match.Until m ->
                !clock.instant().truncatedTo(ChronoUnit.SECONDS).isAfter(m.end());
            // a client that has not been here before
            case Match.SourceSeen m -> false;
            case Match.SourceRemembered m -> false;
            case Match.Comment m -> true;
            case Match.Counted m -> true;
            case Match.RememberSource m -> true;
            case Match.OneIn m -> throw new IllegalStateException("chance is not decided here: " + m);
        };
    }

    private static boolean cameThrough(String pattern, String name) {
        return pattern.endsWith("+")
                ? name.startsWith(pattern.substring(0, pattern.length() - 1))
                : name.equals(pattern);
    }

    /** What a process of the node sends has an address of the node as its source. */
    private boolean isLocal(Side side, TracedPacket packet) {
        return side == Side.SOURCE && packet.packet().origin() == Origin.NODE || isLocal(packet.address(side));
    }

    /** What conntrack says of the first packet of a connection. */
    private static boolean isInState(Match.InState match, TracedPacket packet) {
        return match.states().contains(ConnectionState.NEW)
                || packet.rewritten() && match.states().contains(ConnectionState.DNAT);
    }

    private static SetEntry element(Match.InSet match, TracedPacket packet) {
        List<Side> sides = match.sides();
        return switch (match.set().type()) {
            case HASH_IP -> new SetEntry.Ip(packet.address(sides.get(0)));
            case HASH_IP_PORT ->
                new SetEntry.IpPort(
                        packet.address(sides.get(0)), packet.packet().protocol(), packet.port(sides.get(1)));
            case HASH_IP_PORT_IP ->
                new SetEntry.IpPortIp(
                        packet.address(sides.get(0)),
                        packet.packet().protocol(),
                        packet.port(sides.get(1)),
                        packet.address(sides.get(2)));
            case HASH_IP_PORT_NET ->
                new SetEntry.IpPortNet(
                        packet.address(sides.get(0)),
                        packet.packet().protocol(),
                        packet.port(sides.get(1)),
                        Cidr.host(packet.address(sides.get(2))));
            case BITMAP_PORT -> new SetEntry.Port(packet.port(sides.get(0)));
        };
    }
}
