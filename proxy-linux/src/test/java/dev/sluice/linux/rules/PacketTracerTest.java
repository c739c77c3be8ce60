// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;
import static dev.sluice.linux.rules.RuleBuilder.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Packet.Origin;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.rules.PacketTracer.Branch;
import dev.sluice.linux.rules.PacketTracer.End;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

class PacketTracerTest {
    private static final IpAddress NODE = IpAddress.of("192.0.2.10");
    private static final IpAddress VIP = IpAddress.of("10.96.0.50");
    private static final IpAddress CLIENT = IpAddress.of("10.244.1.9");
    private static final IpAddress BACKEND = IpAddress.of("10.244.2.7");
    private static final PacketMark MARK = new PacketMark(14);
    private static final Packet PACKET = new Packet(TCP, CLIENT, 40000, VIP, 80, Origin.ARRIVING, "veth7");
    private static final Instant NOW = Instant.parse("2026-01-02T03:04:05.5Z");

    private final List<Step> steps = new ArrayList<>();
    private final Map<IpSet, Set<SetEntry>> sets = Map.of(
            set(IpSet.Type.HASH_IP), Set.of(new SetEntry.Ip(VIP)),
            set(IpSet.Type.HASH_IP_PORT), Set.of(new SetEntry.IpPort(VIP, TCP, 80)),
            set(IpSet.Type.HASH_IP_PORT_IP), Set.of(new SetEntry.IpPortIp(VIP, TCP, 80, CLIENT)),
            set(IpSet.Type.HASH_IP_PORT_NET), Set.of(new SetEntry.IpPortNet(VIP, TCP, 80, Cidr.host(CLIENT))),
            set(IpSet.Type.BITMAP_PORT), Set.of(new SetEntry.Port(80)));
    private final PacketTracer tracer = new PacketTracer(
            NODE::equals, (set, entry) -> sets.getOrDefault(set, Set.of()).contains(entry), steps, () -> NOW);

    private static IpSet set(IpSet.Type type) {
        return IpSet.of(type.name(), type, IpFamily.IPV4);
    }

    private boolean matches(RuleBuilder rule, TracedPacket packet) {
        RuleTable table = RuleTable.of("nat").chain("RULES", rule.drop()).build();
        return tracer.walk(table, "RULES", packet).equals(List.of(new Branch(End.DROPPED, packet, 1)));
    }

    private boolean matches(RuleBuilder rule) {
        return matches(rule, TracedPacket.of(PACKET));
    }

    private List<Branch> walk(RuleTable.Builder table) {
        return tracer.walk(table.build(), "FIRST", TracedPacket.of(PACKET));
    }

    @Test
    void matchesAddresses() {
        assertThat(matches(rule())).as("a rule without matches").isTrue();
        assertThat(matches(rule().from(CLIENT))).isTrue();
        assertThat(matches(rule().from(VIP))).isFalse();
        assertThat(matches(rule().notFrom(Cidr.host(CLIENT)))).isFalse();
        assertThat(matches(rule().notFrom(Cidr.host(VIP)))).isTrue();
        assertThat(matches(rule().to(Cidr.of("10.96.0.0/16")))).isTrue();
        assertThat(matches(rule().to(CLIENT))).isFalse();
        assertThat(matches(rule().notTo(Cidr.of("10.96.0.0/16")))).isFalse();
    }

    @Test
    void matchesTheDestinationAfterRewriting() {
        TracedPacket rewritten = TracedPacket.of(PACKET).to(BACKEND, 8080);

        assertThat(matches(rule().to(BACKEND).port(TCP, 8080), rewritten)).isTrue();
        assertThat(matches(rule().to(VIP), rewritten)).isFalse();
        assertThat(matches(rule().state(ConnectionState.DNAT), rewritten)).isTrue();
        assertThat(matches(rule().state(ConnectionState.DNAT))).isFalse();
    }

    @Test
    void matchesInterfaces() {
        assertThat(matches(rule().match(new Match.InInterface("veth7", false)))).isTrue();
        assertThat(matches(rule().match(new Match.InInterface("veth+", false)))).isTrue();
        assertThat(matches(rule().match(new Match.InInterface("veth", false)))).isFalse();
        assertThat(matches(rule().match(new Match.InInterface("veth+", true)))).isFalse();
    }

    @Test
    void matchesProtocolsAndPorts() {
        assertThat(matches(rule().protocol(TCP))).isTrue();
        assertThat(matches(rule().protocol(UDP))).isFalse();
        assertThat(matches(rule().transport(TCP))).isTrue();
        assertThat(matches(rule().ports(TCP, 70, 80))).isTrue();
        assertThat(matches(rule().ports(TCP, 81, 90))).isFalse();
        assertThat(matches(rule().port(UDP, 80))).isFalse();
        assertThat(matches(rule().opening(80))).as("the first packet").isTrue();
    }

    @Test
    void matchesLocalAddresses() {
        Packet own = new Packet(TCP, IpAddress.of("10.96.0.9"), 0, NODE, 80, Origin.NODE, "");

        assertThat(matches(rule().fromLocalAddress())).isFalse();
        assertThat(matches(rule().toLocalAddress())).isFalse();
        assertThat(matches(rule().fromLocalAddress(), TracedPacket.of(own))).isTrue();
        assertThat(matches(rule().toLocalAddress(), TracedPacket.of(own))).isTrue();
        assertThat(matches(rule().toLocalAddress(), TracedPacket.of(PACKET).to(IpAddress.of("127.0.0.1"), 80)))
                .isTrue();
    }

    @Test
    void matchesMarksAndStates() {
        TracedPacket marked = TracedPacket.of(PACKET).marked(0x4001);

        assertThat(matches(rule().marked(MARK), marked)).isTrue();
        assertThat(matches(rule().notMarked(MARK), marked)).isFalse();
        assertThat(matches(rule().marked(MARK))).isFalse();
        assertThat(matches(rule().notMarked(MARK))).isTrue();
        assertThat(matches(rule().state(ConnectionState.NEW))).isTrue();
        assertThat(matches(rule().state(ConnectionState.INVALID))).isFalse();
        assertThat(matches(rule().state(ConnectionState.RELATED, ConnectionState.ESTABLISHED)))
                .isFalse();
        assertThat(matches(rule().notState(ConnectionState.RELATED, ConnectionState.ESTABLISHED)))
                .isTrue();
    }

    @Test
    void matchesTimes() {
        assertThat(matches(rule().until(NOW))).as("to the second").isTrue();
        assertThat(matches(rule().until(NOW.plusSeconds(1)))).isTrue();
        assertThat(matches(rule().until(NOW.minusSeconds(1)))).isFalse();
    }

    @Test
    void takesTheClientForANewOne() {
        assertThat(matches(rule().sourceSeen(IpFamily.IPV4, "CLIENTS", 10))).isFalse();
        assertThat(matches(rule().rememberSource(IpFamily.IPV4, "CLIENTS"))).isTrue();
        assertThat(matches(rule().sourceRemembered("CLIENTS"))).isFalse();
    }

    @Test
    void passesWhatOnlySaysOrCounts() {
        assertThat(matches(rule().comment("-s 1.2.3.4/32"))).isTrue();
        assertThat(matches(rule().counted("seen"))).isTrue();
    }

    @Test
    void asksSetsOfEachType() {
        for (IpSet set : sets.keySet()) {
            assertThat(matches(rule().inSet(set))).as(set.name()).isTrue();
            assertThat(matches(rule().notInSet(set))).as(set.name()).isFalse();
            TracedPacket elsewhere = TracedPacket.of(PACKET).to(BACKEND, 81);
            assertThat(matches(rule().inSet(set), elsewhere)).as(set.name()).isFalse();
            assertThat(matches(rule().notInSet(set), elsewhere)).as(set.name()).isTrue();
        }
        assertThat(matches(rule().inSet(set(IpSet.Type.HASH_IP), Side.SOURCE))).isFalse();
    }

    @Test
    void refusesToGuess() {
        PacketTracer withoutSets = new PacketTracer(NODE::equals, SetLookup.NONE, steps);
        RuleTable asks = RuleTable.of("nat")
                .chain("FIRST", rule().inSet(set(IpSet.Type.HASH_IP)).drop())
                .build();

        assertThatIllegalStateException().isThrownBy(() -> withoutSets.walk(asks, "FIRST", TracedPacket.of(PACKET)));
        assertThatIllegalStateException()
                .isThrownBy(() -> walk(RuleTable.of("nat").chain("FIRST", rule().jump("NOWHERE"))))
                .withMessageContaining("NOWHERE");
    }

    @Test
    void endsWhereATargetSays() {
        Map.of(
                        rule().accept(), End.ACCEPTED,
                        rule().drop(), End.DROPPED,
                        rule().reject(IpFamily.IPV4), End.REJECTED,
                        rule().leave(), End.PASSED,
                        rule().noTarget(), End.PASSED,
                        rule().setMark(MARK), End.PASSED,
                        rule().masquerade(true), End.MASQUERADED,
                        rule().dnat(BACKEND, 8080), End.REWRITTEN)
                .forEach((rule, end) -> assertThat(walk(RuleTable.of("nat").chain("FIRST", rule)))
                        .as(rule.text())
                        .extracting(Branch::end)
                        .containsExactly(end));
    }

    @Test
    void comesBackFromAChainWithWhatItDidToTheMark() {
        List<Branch> ends = walk(RuleTable.of("nat")
                .chain("FIRST", rule().jump("MARKS"), rule().marked(MARK).dnat(BACKEND, 8080))
                .chain("MARKS", rule().setMark(MARK), rule().leave(), rule().drop()));

        assertThat(ends)
                .containsExactly(new Branch(
                        End.REWRITTEN, TracedPacket.of(PACKET).marked(0x4000).to(BACKEND, 8080), 1));
        assertThat(steps)
                .containsExactly(
                        new Step("nat FIRST", "-j MARKS"),
                        new Step("nat MARKS", "-j MARK --set-xmark 0x4000/0x4000"),
                        new Step("nat MARKS", "-j RETURN"),
                        new Step("nat FIRST", "-m mark --mark 0x4000/0x4000 -j DNAT --to-destination 10.244.2.7:8080"));
    }

    @Test
    void flipsMarksBack() {
        List<Branch> ends = walk(RuleTable.of("nat").chain("FIRST", rule().setMark(MARK), rule().flipMark(MARK)));

        assertThat(ends).containsExactly(new Branch(End.PASSED, TracedPacket.of(PACKET), 1));
    }

    @Test
    void dividesByChance() {
        List<Branch> ends = walk(RuleTable.of("nat")
                .chain("FIRST", rule().oneIn(3).jump("A"), rule().oneIn(2).jump("B"), rule().jump("C"))
                .chain("A", rule().dnat(BACKEND, 1))
                .chain("B", rule().dnat(BACKEND, 2))
                .chain("C", rule().dnat(BACKEND, 3)));

        assertThat(ends).extracting(end -> end.packet().port()).containsExactly(1, 2, 3);
        assertThat(ends)
                .extracting(Branch::probability)
                .allSatisfy(p -> assertThat(p).isCloseTo(1 / 3.0, within(1e-9)));
    }

    @Test
    void goesOnPastABranchThatPassed() {
        List<Branch> ends = walk(RuleTable.of("nat")
                .chain("FIRST", rule().oneIn(2).jump("A"), rule().drop())
                .chain("A", rule().setMark(MARK)));

        assertThat(ends)
                .containsExactly(
                        new Branch(End.DROPPED, TracedPacket.of(PACKET).marked(0x4000), 0.5),
                        new Branch(End.DROPPED, TracedPacket.of(PACKET), 0.5));
    }

    @Test
    void entersThroughNatThenFilter() {
        RuleTable nat = RuleTable.of("nat")
                .chain(
                        "FIRST",
                        rule().to(VIP).oneIn(2).dnat(NODE, 8080),
                        rule().to(VIP).dnat(BACKEND, 8080))
                .chain("LAST", rule().to(BACKEND).masquerade(false))
                .jump("PREROUTING", rule().jump("FIRST"))
                .jump("POSTROUTING", rule().jump("LAST"))
                .build();
        RuleTable filter = RuleTable.of("filter")
                .jump("INPUT", rule().drop())
                .jump("OUTPUT", rule().reject(IpFamily.IPV4))
                .build();
        TracedPacket packet = TracedPacket.of(PACKET);

        assertThat(tracer.enter(nat, filter, packet))
                .containsExactly(
                        new Branch(End.DROPPED, packet.to(NODE, 8080), 0.5),
                        new Branch(End.REWRITTEN, packet.to(BACKEND, 8080), 0.5));
        assertThat(tracer.enter(nat, filter, own(TCP))).containsExactly(new Branch(End.REJECTED, own(TCP), 1));
        assertThat(tracer.isMasqueraded(nat, packet.to(BACKEND, 8080))).isTrue();
        assertThat(tracer.isMasqueraded(nat, packet)).isFalse();
    }

    private static TracedPacket own(Protocol protocol) {
        return TracedPacket.of(new Packet(protocol, NODE, 0, VIP, 80, Origin.NODE, ""));
    }

    @Test
    void keepsEachStepOnceInASet() {
        Set<Step> once = new LinkedHashSet<>();
        PacketTracer other = new PacketTracer(NODE::equals, SetLookup.NONE, once);
        RuleTable table = RuleTable.of("nat")
                .chain("FIRST", rule().oneIn(2).noTarget(), rule().drop())
                .build();

        other.walk(table, "FIRST", TracedPacket.of(PACKET));

        assertThat(once)
                .extracting(Step::what)
                .containsExactly("-m statistic --mode random --probability 0.50000000000", "-j DROP");
    }
}
