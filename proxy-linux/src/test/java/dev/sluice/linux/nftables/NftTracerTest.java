// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace.Candidate;
import dev.sluice.core.trace.Trace.Step;
import dev.sluice.core.trace.Trace.Verdict;
import dev.sluice.linux.nftables.NftChain.BaseHook;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.nftables.expression.UnknownExpression;
import dev.sluice.linux.nftables.expression.UpdateSet;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Ways through small tables, as the kernel takes them. */
final class NftTracerTest {
    private static final IpFamily FAMILY = IpFamily.IPV4;
    private static final AddressTypes NODE = AddressTypes.withLocal(Set.of(IpAddress.of("192.0.2.1"))::contains);
    private static final NftSet SLOTS = NftSet.map(
            "slots",
            List.of(DataType.IPV4_ADDR, DataType.INET_PROTO, DataType.INET_SERVICE, DataType.MARK),
            List.of(DataType.IPV4_ADDR, DataType.INET_SERVICE));
    private static final NftChain PREROUTING =
            new NftChain("prerouting", new BaseHook("nat", Hook.PREROUTING, -100), "");
    private static final NftChain POSTROUTING =
            new NftChain("postrouting", new BaseHook("nat", Hook.POSTROUTING, 100), "");

    private static Packet packet(String destination) {
        return new Packet(
                Protocol.TCP,
                IpAddress.of("10.244.0.7"),
                40000,
                IpAddress.of(destination),
                80,
                Packet.Origin.ARRIVING,
                "cni0");
    }

    private static Words key(int slot) {
        return new Words.Builder()
                .address(IpAddress.of("10.96.0.1"))
                .protocol(Protocol.TCP)
                .port(80)
                .number(slot)
                .build();
    }

    private static Words target(String address, int port) {
        return new Words.Builder().address(IpAddress.of(address)).port(port).build();
    }

    private static NftRule rule(String chain, Expression... expressions) {
        return new NftRule(chain, List.of(expressions), "");
    }

    private static NftRule slotRule(int modulus) {
        return rule(
                "prerouting",
                PayloadField.destination(FAMILY, 0),
                MetaField.load(MetaField.Key.L4PROTO, 1),
                PayloadField.destinationPort(2),
                new RandomNumber(3, modulus),
                Lookup.load("slots", 0, 0),
                new Nat(FAMILY, 0, 1));
    }

    private static MapState slots() {
        return new MapState(FAMILY)
                .set(
                        SLOTS,
                        SetElement.of(key(0), target("10.244.1.1", 8080)).withComment("shop/web:http"),
                        SetElement.of(key(1), target("10.244.1.1", 8080)).withComment("shop/web:http"),
                        SetElement.of(key(2), target("10.244.1.2", 8081)).withComment("shop/web:http"))
                .chain(PREROUTING, slotRule(3));
    }

    @Test
    void chanceTakesEveryWayAndTheSameEndpointCountsOnce() {
        NftTrace trace = NftTracer.trace(slots(), NODE, packet("10.96.0.1"));
        assertThat(trace.verdict()).isEqualTo(Verdict.FORWARD);
        assertThat(trace.steps())
                .containsExactly(new Step(
                        "ip proxy prerouting",
                        "dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @slots"));
        assertThat(trace.comments()).containsExactly("shop/web:http");
        assertThat(trace.candidates()).hasSize(2);
        Candidate first = trace.candidates().getFirst();
        assertThat(first.address()).isEqualTo(IpAddress.of("10.244.1.1"));
        assertThat(first.port()).isEqualTo(8080);
        assertThat(first.probability()).isCloseTo(2.0 / 3, within(1e-9));
        assertThat(first.masqueraded()).isFalse();
    }

    @Test
    void aGivenNumberTakesOneWay() {
        NftTrace trace = NftTracer.trace(slots(), NODE, packet("10.96.0.1"), modulus -> 5 % modulus);
        assertThat(trace.candidates()).containsExactly(new Candidate(IpAddress.of("10.244.1.2"), 8081, 1, false));
        assertThat(NftTracer.trace(slots(), NODE, packet("10.96.0.9")).verdict())
                .isEqualTo(Verdict.NOT_A_SERVICE);
    }

    @Test
    void aMarkLeadsToMasqueradingAndIsSeenOnlyByForwardedPackets() {
        MapState state = slots().chain(
                        new NftChain("early", new BaseHook("filter", Hook.PREROUTING, -150), ""),
                        rule(
                                "early",
                                MetaField.load(MetaField.Key.MARK, 0),
                                Bitwise.setBits(0, 0x4000),
                                MetaField.set(MetaField.Key.MARK, 0)))
                .chain(
                        POSTROUTING,
                        rule(
                                "postrouting",
                                MetaField.load(MetaField.Key.MARK, 0),
                                Bitwise.keepBits(0, 0x4000),
                                Compare.different(0, Words.number(0)),
                                new MasqueradeSource()));
        NftTrace forwarded = NftTracer.trace(state, NODE, packet("10.96.0.1"));
        assertThat(forwarded.candidates()).hasSize(2).allMatch(Candidate::masqueraded);
        assertThat(forwarded.steps().stream().map(Step::what))
                .contains(
                        "meta mark set meta mark | 0x00004000",
                        "meta mark & 0x00004000 != 0x00000000 masquerade fully-random");
        NftTrace local = NftTracer.trace(state, NODE, packet("192.0.2.1"));
        assertThat(local.branches())
                .allMatch(branch -> !branch.masqueraded() && branch.packet().mark() == 0x4000);
    }

    @Test
    void anElementThatARuleAddsIsFoundByLaterRulesOfTheSamePacket() {
        NftSet clients = NftSet.map("clients", List.of(DataType.IPV4_ADDR), List.of(DataType.MARK))
                .with(NftSet.Flag.DYNAMIC, NftSet.Flag.TIMEOUT);
        MapState state = new MapState(FAMILY)
                .set(clients)
                .chain(
                        PREROUTING,
                        rule(
                                "prerouting",
                                new RandomNumber(0, 2),
                                PayloadField.source(FAMILY, 1),
                                new UpdateSet("clients", 1, 0, Duration.ofHours(3))),
                        rule(
                                "prerouting",
                                PayloadField.source(FAMILY, 0),
                                Lookup.load("clients", 0, 0),
                                MetaField.set(MetaField.Key.MARK, 0)));
        NftTrace trace = NftTracer.trace(state, NODE, packet("10.96.0.1"));
        assertThat(trace.branches().stream().map(branch -> branch.packet().mark()))
                .containsExactlyInAnyOrder(0, 1);
        assertThat(trace.steps().getFirst().what())
                .isEqualTo("update @clients { ip saddr timeout 3h : numgen random mod 2 }");
        assertThat(NftTracer.trace(state, NODE, packet("10.96.0.1")).branches()).hasSize(2);
    }

    @Test
    void rangesOfConcatenationsAreComparedFieldByField() {
        NftSet allowed = NftSet.set("allowed", List.of(DataType.IPV4_ADDR, DataType.INET_SERVICE))
                .with(NftSet.Flag.INTERVAL);
        MapState state = new MapState(FAMILY)
                .set(allowed, SetElement.range(target("10.244.0.0", 80), target("10.244.255.255", 80)))
                .chain(
                        PREROUTING,
                        rule(
                                "prerouting",
                                PayloadField.source(FAMILY, 0),
                                PayloadField.destinationPort(1),
                                Lookup.notIn("allowed", 0),
                                Immediate.verdict(dev.sluice.linux.nftables.Verdict.DROP)));
        assertThat(NftTracer.trace(state, NODE, packet("10.96.0.1")).verdict()).isEqualTo(Verdict.NOT_A_SERVICE);
        Packet other = new Packet(
                Protocol.TCP, IpAddress.of("10.243.0.7"), 1, IpAddress.of("10.96.0.1"), 80, Packet.Origin.ARRIVING, "");
        NftTrace dropped = NftTracer.trace(state, NODE, other);
        assertThat(dropped.verdict()).isEqualTo(Verdict.DROP);
        assertThat(dropped.steps().getFirst().what()).isEqualTo("ip saddr . th dport != @allowed drop");
    }

    @Test
    void whatCannotBeFollowedIsAnError() {
        assertThatThrownBy(() -> trace(new UnknownExpression("limit", Words.number(1))))
                .hasMessageContaining("limit");
        assertThatThrownBy(() -> trace(MetaField.set(MetaField.Key.MARK, 0))).hasMessageContaining("register 0");
        assertThatThrownBy(() -> trace(Immediate.verdict(dev.sluice.linux.nftables.Verdict.jump("missing"))))
                .hasMessageContaining("no chain missing");
        assertThatThrownBy(() -> trace(Immediate.verdict(dev.sluice.linux.nftables.Verdict.jump("prerouting"))))
                .hasMessageContaining("too many jumps");
        assertThatThrownBy(() -> trace(PayloadField.source(FAMILY, 0), Lookup.in("missing", 0)))
                .hasMessageContaining("no set missing");
        assertThatThrownBy(() -> trace(new PayloadField(PayloadField.Header.NETWORK, 1, 1, 0)))
                .hasMessageContaining("not known");
    }

    private static void trace(Expression... expressions) {
        NftTracer.trace(
                new MapState(FAMILY).chain(PREROUTING, rule("prerouting", expressions)), NODE, packet("10.96.0.1"));
    }
}
