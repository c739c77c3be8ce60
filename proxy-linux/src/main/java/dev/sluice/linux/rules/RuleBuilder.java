// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.rules.Target.Standard;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Collects the matches of one rule, and makes the rule when a target is named. Addresses, interface and protocol are
 * put first, as iptables-save prints them; the other matches keep the order in which they were added.
 *
 * <pre>{@code rule().comment("shop/web cluster IP").to(vip).port(TCP, 80).jump("KUBE-SVC-X")}</pre>
 */
public final class RuleBuilder {
    private @Nullable Match source;
    private @Nullable Match destination;
    private @Nullable Match inInterface;
    private @Nullable Match protocol;
    private final List<Match> others = new ArrayList<>(4);

    private RuleBuilder() {}

    public static RuleBuilder rule() {
        return new RuleBuilder();
    }

    /** Adds {@code match}; an address range that holds every address is left out, as iptables-save does. */
    public RuleBuilder match(Match match) {
        switch (match) {
            case Match.Source m -> source = m.range().length() == 0 && !m.negated() ? null : m;
            case Match.Destination m -> destination = m.range().length() == 0 && !m.negated() ? null : m;
            case Match.InInterface m -> inInterface = m;
            case Match.OfProtocol m -> protocol = m;
            default -> others.add(match);
        }
        return this;
    }

    /** Adds {@code match} if there is one. */
    public RuleBuilder match(Optional<Match> match) {
        match.ifPresent(this::match);
        return this;
    }

    public RuleBuilder from(Cidr range) {
        return match(new Match.Source(range, false));
    }

    public RuleBuilder from(IpAddress address) {
        return from(Cidr.host(address));
    }

    public RuleBuilder notFrom(Cidr range) {
        return match(new Match.Source(range, true));
    }

    public RuleBuilder to(Cidr range) {
        return match(new Match.Destination(range, false));
    }

    public RuleBuilder to(IpAddress address) {
        return to(Cidr.host(address));
    }

    public RuleBuilder notTo(Cidr range) {
        return match(new Match.Destination(range, true));
    }

    /** {@code -p tcp} alone, without {@code -m tcp}. */
    public RuleBuilder protocol(Protocol value) {
        return match(new Match.OfProtocol(value));
    }

    /** {@code -p tcp} and {@code -m tcp}: any port. */
    public RuleBuilder transport(Protocol value) {
        return protocol(value).match(Match.Transport.of(value));
    }

    /** {@code -p tcp} and {@code -m tcp --dport 80}. */
    public RuleBuilder port(Protocol value, int port) {
        return ports(value, port, port);
    }

    /** {@code -p tcp} and {@code -m tcp --dport 80:95}. */
    public RuleBuilder ports(Protocol value, int first, int last) {
        return protocol(value).match(new Match.Transport(value, first, last, false));
    }

    /** Packets that open a TCP connection to {@code port}. */
    public RuleBuilder opening(int port) {
        return protocol(Protocol.TCP).match(new Match.Transport(Protocol.TCP, port, port, true));
    }

    public RuleBuilder comment(String text) {
        return match(new Match.Comment(text));
    }

    public RuleBuilder toLocalAddress() {
        return match(new Match.LocalAddress(Side.DESTINATION));
    }

    public RuleBuilder fromLocalAddress() {
        return match(new Match.LocalAddress(Side.SOURCE));
    }

    public RuleBuilder marked(PacketMark mark) {
        return match(new Match.Marked(mark, false));
    }

    public RuleBuilder notMarked(PacketMark mark) {
        return match(new Match.Marked(mark, true));
    }

    public RuleBuilder connectionMarked(PacketMark mark) {
        return match(new Match.ConnectionMarked(mark, false));
    }

    public RuleBuilder connectionNotMarked(PacketMark mark) {
        return match(new Match.ConnectionMarked(mark, true));
    }

    public RuleBuilder inReply() {
        return match(new Match.InReply());
    }

    public RuleBuilder forTransparentSocket() {
        return match(new Match.ForTransparentSocket());
    }

    public RuleBuilder state(ConnectionState... states) {
        return match(new Match.InState(Set.of(states), false));
    }

    public RuleBuilder notState(ConnectionState... states) {
        return match(new Match.InState(Set.of(states), true));
    }

    public RuleBuilder oneIn(int n) {
        return match(new Match.OneIn(n));
    }

    public RuleBuilder rememberSource(IpFamily family, String list) {
        return match(new Match.RememberSource(list, family));
    }

    public RuleBuilder sourceSeen(IpFamily family, String list, int seconds) {
        return match(new Match.SourceSeen(list, seconds, family));
    }

    /** The source address was put into {@code set} by {@link #rememberSource(String, int)} and has not expired. */
    public RuleBuilder sourceRemembered(String set) {
        return match(new Match.SourceRemembered(set));
    }

    /**
     * The destination's address and port, with the source as second address or range, are an element of {@code set}.
     */
    public RuleBuilder inSet(IpSet set) {
        return match(Match.InSet.of(set, false));
    }

    /** The fields that {@code sides} name are an element of {@code set}. */
    public RuleBuilder inSet(IpSet set, Side... sides) {
        return match(new Match.InSet(set, List.of(sides), false));
    }

    /** Negates {@link #inSet(IpSet)}. */
    public RuleBuilder notInSet(IpSet set) {
        return match(Match.InSet.of(set, true));
    }

    public RuleBuilder counted(String counter) {
        return match(new Match.Counted(counter));
    }

    public RuleBuilder until(Instant end) {
        return match(new Match.Until(end));
    }

    public Rule target(Target target) {
        List<Match> matches = new ArrayList<>(others.size() + 4);
        addTo(matches, source);
        addTo(matches, destination);
        addTo(matches, inInterface);
        addTo(matches, protocol);
        matches.addAll(others);
        return new Rule(matches, target);
    }

    private static void addTo(List<Match> matches, @Nullable Match match) {
        if (match != null) {
            matches.add(match);
        }
    }

    public Rule jump(String chain) {
        return target(new Target.Jump(chain));
    }

    public Rule accept() {
        return target(Standard.ACCEPT);
    }

    public Rule drop() {
        return target(Standard.DROP);
    }

    /** {@code -j RETURN}. */
    public Rule leave() {
        return target(Standard.RETURN);
    }

    /** The rule without a target: it only says, counts or remembers something. */
    public Rule noTarget() {
        return target(Standard.CONTINUE);
    }

    /** Refuses with what a client of any protocol notices at once. */
    public Rule reject(IpFamily family) {
        return target(Target.Reject.portUnreachable(family));
    }

    public Rule dnat(IpAddress address, int port) {
        return target(new Target.Dnat(address, port));
    }

    /** Puts the source address into {@code set} for so many {@code seconds}. */
    public Rule rememberSource(String set, int seconds) {
        return target(new Target.RememberSource(set, seconds));
    }

    public Rule masquerade(boolean randomFully) {
        return target(new Target.Masquerade(randomFully));
    }

    public Rule setMark(PacketMark mark) {
        return target(Target.SetMark.set(mark));
    }

    public Rule flipMark(PacketMark mark) {
        return target(Target.SetMark.flip(mark));
    }
}
