// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftTrace.Branch;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.FibLookup;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.rules.PacketTracer.End;
import dev.sluice.linux.rules.TracedPacket;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Walks the first packet of a connection through one table of nf_tables as the kernel does, down every branch that
 * chance may take. What it cannot follow, such as an expression of another program, is an
 * {@link IllegalStateException}: a trace never guesses. Only limits of connections are taken as not reached. Elements
 * that rules add are not added to the state.
 */
public final class NftTracer {
    /** Where the kernel translates; chains of type nat have their priority only among themselves. */
    private static final int DESTINATION_NAT = -100;

    private static final int SOURCE_NAT = 100;

    private final NftState state;
    private final AddressTypes addresses;
    private final @Nullable IntUnaryOperator choice;
    private final Set<Step> steps = new LinkedHashSet<>();
    private final Set<String> comments = new LinkedHashSet<>();
    private final ExpressionRun expressions;

    private NftTracer(NftState state, AddressTypes addresses, @Nullable IntUnaryOperator choice) {
        this.state = state;
        this.addresses = addresses;
        this.choice = choice;
        this.expressions = new ExpressionRun(state, addresses, comments);
    }

    /** All ways that {@code packet} may take. */
    public static NftTrace trace(NftState state, AddressTypes addresses, Packet packet) {
        return new NftTracer(state, addresses, null).trace(packet);
    }

    /**
     * One way that {@code packet} may take.
     *
     * @param choice the random number of each rule that needs one, below its argument
     */
    public static NftTrace trace(NftState state, AddressTypes addresses, Packet packet, IntUnaryOperator choice) {
        return new NftTracer(state, addresses, choice).trace(packet);
    }

    /**
     * A packet between two chains.
     *
     * @param end {@link End#PASSED}, or how it was stopped
     * @param settled whether a chain of the present hook has translated it; the others of type nat do not see it then
     */
    private record Arrived(
            NftPacket packet,
            End end,
            boolean settled,
            double chance,
            Map<String, Map<Words, Optional<Value>>> learned) {
        boolean stops() {
            return end != End.PASSED;
        }

        Arrived with(NftPacket changed) {
            return new Arrived(changed, end, settled, chance, learned);
        }

        Arrived atNextHook() {
            return new Arrived(packet, end, false, chance, learned);
        }
    }

    private NftTrace trace(Packet packet) {
        boolean fromNode = packet.origin() == Origin.NODE;
        NftPacket enters = new NftPacket(TracedPacket.of(packet), 0, false, false, !fromNode);
        Arrived start = new Arrived(enters, End.PASSED, false, 1, new HashMap<>());
        List<Branch> ends = new ArrayList<>();
        for (Arrived routed : through(fromNode ? Hook.OUTPUT : Hook.PREROUTING, List.of(start), true)) {
            boolean local = isLocal(routed.packet().traced().destination());
            List<Arrived> left = List.of(routed);
            if (fromNode) {
                left = through(Hook.POSTROUTING, left, true);
                left = local ? looped(left) : left;
            } else if (local) {
                left = through(Hook.INPUT, left, true);
            } else {
                left = through(Hook.FORWARD, List.of(routed.with(forwarded(routed.packet()))), true);
                left = through(Hook.POSTROUTING, left, true);
            }
            left.forEach(arrived -> ends.add(branch(arrived)));
        }
        return new NftTrace(List.copyOf(steps), ends, List.copyOf(comments));
    }

    /** For IPv4 the kernel derives the priority from the type of service there (ip_forward). */
    private static NftPacket forwarded(NftPacket packet) {
        return packet.packet().family() == IpFamily.IPV4 ? packet.withPriority(0) : packet;
    }

    /** Comes back by the loopback interface; its connection is translated already. */
    private List<Arrived> looped(List<Arrived> sent) {
        List<Arrived> received =
                sent.stream().map(each -> each.with(each.packet().asReceived())).toList();
        return through(Hook.INPUT, through(Hook.PREROUTING, received, false), false);
    }

    private boolean isLocal(IpAddress address) {
        return addresses.of(address) == FibLookup.LOCAL;
    }

    private static Branch branch(Arrived arrived) {
        TracedPacket packet = arrived.packet().traced();
        End end = arrived.stops() ? arrived.end() : packet.rewritten() ? End.REWRITTEN : End.PASSED;
        return new Branch(end, packet, arrived.chance(), arrived.packet().masqueraded());
    }

    /** @param translates whether chains of type nat see the packet */
    private List<Arrived> through(Hook hook, List<Arrived> packets, boolean translates) {
        List<Arrived> now = packets.stream().map(Arrived::atNextHook).toList();
        boolean destination = hook == Hook.PREROUTING || hook == Hook.OUTPUT;
        boolean settles = translates && destination && hasNat();
        for (NftChain chain : chains(hook, destination, translates)) {
            if (settles && place(chain, destination) > DESTINATION_NAT) {
                now = translated(now);
                settles = false;
            }
            now = through(chain, now, isNat(chain));
        }
        return settles ? translated(now) : now;
    }

    private static List<Arrived> translated(List<Arrived> packets) {
        return packets.stream()
                .map(each -> each.with(each.packet().asTranslated()))
                .toList();
    }

    private boolean hasNat() {
        return state.baseChains().stream().anyMatch(NftTracer::isNat);
    }

    private List<NftChain> chains(Hook hook, boolean destination, boolean translates) {
        // of chains of one priority the kernel runs the one first that was made last
        return state.baseChains().reversed().stream()
                .filter(chain -> hookOf(chain).hook() == hook && (translates || !isNat(chain)))
                .sorted(Comparator.<NftChain>comparingInt(chain -> place(chain, destination))
                        .thenComparingInt(chain -> hookOf(chain).priority()))
                .toList();
    }

    private static int place(NftChain chain, boolean destination) {
        int nat = destination ? DESTINATION_NAT : SOURCE_NAT;
        return isNat(chain) ? nat : hookOf(chain).priority();
    }

    private static BaseHook hookOf(NftChain chain) {
        BaseHook hook = chain.hook();
        if (hook == null) {
            throw new IllegalStateException("chain " + chain.name() + " has no hook");
        }
        return hook;
    }

    private static boolean isNat(NftChain chain) {
        return hookOf(chain).type().equals("nat");
    }

    private List<Arrived> through(NftChain chain, List<Arrived> packets, boolean nat) {
        Map<Object, Arrived> ends = new LinkedHashMap<>();
        for (Arrived packet : packets) {
            if (packet.stops() || nat && packet.settled()) {
                merge(ends, packet);
                continue;
            }
            for (NftBranch end :
                    walk(new NftBranch(chain.name(), packet.packet(), packet.chance(), packet.learned()))) {
                End how = Objects.requireNonNull(end.end);
                boolean stops = how == End.DROPPED || how == End.REJECTED;
                boolean settled = how == End.REWRITTEN || how == End.MASQUERADED;
                merge(
                        ends,
                        new Arrived(
                                end.packet,
                                stops ? how : End.PASSED,
                                packet.settled() || settled,
                                end.chance,
                                end.learned()));
            }
        }
        return List.copyOf(ends.values());
    }

    /** Ways that lead to the same are one. */
    private static void merge(Map<Object, Arrived> ends, Arrived end) {
        ends.merge(
                List.of(end.packet(), end.end(), end.settled(), end.learned()),
                end,
                (one, other) -> new Arrived(
                        one.packet(), one.end(), one.settled(), one.chance() + other.chance(), one.learned()));
    }

    private List<NftBranch> walk(NftBranch start) {
        List<NftBranch> ends = new ArrayList<>();
        Deque<NftBranch> open = new ArrayDeque<>(List.of(start));
        while (!open.isEmpty()) {
            NftBranch branch = open.pop();
            while (branch.end == null && advance(branch, open)) {
                // goes on
            }
            if (branch.end != null) {
                ends.add(branch);
            }
        }
        return ends;
    }

    /** Runs one expression; false when the branch was split into others. */
    private boolean advance(NftBranch branch, Deque<NftBranch> open) {
        List<NftRule> rules = rules(branch.chain);
        if (branch.rule >= rules.size()) {
            branch.back();
            return true;
        }
        NftRule rule = rules.get(branch.rule);
        if (branch.expression >= rule.expressions().size()) {
            steps.add(step(rule));
            branch.nextRule();
            return true;
        }
        Expression expression = rule.expressions().get(branch.expression++);
        if (expression instanceof RandomNumber random) {
            return choose(random, branch, open);
        }
        switch (expressions.run(expression, branch)) {
            case NEXT -> {}
            case NO_MATCH -> branch.nextRule();
            case DECIDED -> steps.add(step(rule));
        }
        return true;
    }

    private boolean choose(RandomNumber random, NftBranch branch, Deque<NftBranch> open) {
        IntUnaryOperator given = choice;
        if (given != null) {
            branch.registers.store(random.register(), given.applyAsInt(random.modulus()));
            return true;
        }
        for (int number = random.modulus() - 1; number >= 0; number--) {
            NftBranch one = branch.split(1.0 / random.modulus());
            one.registers.store(random.register(), number);
            open.push(one);
        }
        return false;
    }

    private List<NftRule> rules(String chain) {
        return state.rules(chain)
                .orElseThrow(() -> new IllegalStateException("table " + state.table() + " has no chain " + chain));
    }

    private Step step(NftRule rule) {
        String text = NftRuleText.of(rule, set -> state.content(set).map(NftState.Content::set));
        return new Step(state.table() + " " + rule.chain(), text);
    }
}
