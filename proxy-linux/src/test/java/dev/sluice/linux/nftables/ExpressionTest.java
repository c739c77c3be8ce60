// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.namespace.NetworkNamespace;
import dev.sluice.linux.namespace.RootOnly;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.expression.Bitwise;
import dev.sluice.linux.nftables.expression.Compare;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.ConnectionLimit;
import dev.sluice.linux.nftables.expression.Counter;
import dev.sluice.linux.nftables.expression.Expression;
import dev.sluice.linux.nftables.expression.FibLookup;
import dev.sluice.linux.nftables.expression.HashOf;
import dev.sluice.linux.nftables.expression.Immediate;
import dev.sluice.linux.nftables.expression.Lookup;
import dev.sluice.linux.nftables.expression.MasqueradeSource;
import dev.sluice.linux.nftables.expression.MetaField;
import dev.sluice.linux.nftables.expression.Nat;
import dev.sluice.linux.nftables.expression.PayloadField;
import dev.sluice.linux.nftables.expression.RandomNumber;
import dev.sluice.linux.nftables.expression.Reject;
import dev.sluice.linux.nftables.expression.SetAddress;
import dev.sluice.linux.nftables.expression.UnknownExpression;
import dev.sluice.linux.nftables.expression.UpdateSet;
import dev.sluice.linux.process.Command;
import dev.sluice.linux.process.SystemCommands;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Each expression beside the statement of {@code nft} that the kernel keeps as the same bytes. */
@Tag("slow")
@RootOnly
@Timeout(60)
final class ExpressionTest {
    private static final int RULE_CHAIN = 2;
    private static final int RULE_EXPRESSIONS = 4;
    private static final int GET_RULE = NftProtocol.NEW_RULE + 1;
    private static final String SETS = """
            add table ip proxy
            add table ip6 proxy
            add chain ip proxy first { type nat hook prerouting priority -100; }
            add chain ip proxy theirs
            add chain ip proxy ours
            add chain ip proxy other
            add chain ip6 proxy theirs
            add chain ip6 proxy ours
            add set ip proxy addresses { type ipv4_addr; }
            add map ip proxy marks { type ipv4_addr : mark; }
            add map ip proxy verdicts { type ipv4_addr : verdict; }
            add map ip proxy clients { type ipv4_addr : mark; flags dynamic,timeout; size 100; }
            add map ip proxy localhost { type inet_proto . inet_service : ipv4_addr; }
            add map ip proxy classes { type ipv4_addr : classid; }
            add map ip proxy slots { \
            typeof ip daddr . meta l4proto . th dport . numgen random mod 3 : ip daddr . th dport; }
            add map ip6 proxy slots { \
            typeof ip6 daddr . meta l4proto . th dport . numgen random mod 3 : ip6 daddr . th dport; }
            """;

    private static Arguments rule(String statement, Expression... expressions) {
        return Arguments.of(IpFamily.IPV4, statement, List.of(expressions));
    }

    private static Arguments rule6(String statement, Expression... expressions) {
        return Arguments.of(IpFamily.IPV6, statement, List.of(expressions));
    }

    private static Words name(String interfaceName) {
        return Words.of(Arrays.copyOf(interfaceName.getBytes(StandardCharsets.US_ASCII), 16));
    }

    static Stream<Arguments> statements() {
        return Stream.of(
                rule("accept", Immediate.verdict(Verdict.ACCEPT)),
                rule("drop", Immediate.verdict(Verdict.DROP)),
                rule("return", Immediate.verdict(Verdict.RETURN)),
                rule("jump other", Immediate.verdict(Verdict.jump("other"))),
                rule("counter goto other", new Counter(), Immediate.verdict(Verdict.goTo("other"))),
                rule("reject", new Reject(IpFamily.IPV4)),
                rule("ct count over 5 drop", new ConnectionLimit(5), Immediate.verdict(Verdict.DROP)),
                rule6("reject", new Reject(IpFamily.IPV6)),
                rule("masquerade fully-random", new MasqueradeSource()),
                rule(
                        "ip daddr @addresses drop",
                        PayloadField.destination(IpFamily.IPV4, 0),
                        Lookup.in("addresses", 0),
                        Immediate.verdict(Verdict.DROP)),
                rule(
                        "ip saddr != @addresses drop",
                        PayloadField.source(IpFamily.IPV4, 0),
                        Lookup.notIn("addresses", 0),
                        Immediate.verdict(Verdict.DROP)),
                rule(
                        "ip daddr vmap @verdicts",
                        PayloadField.destination(IpFamily.IPV4, 0),
                        Lookup.verdict("verdicts", 0)),
                rule(
                        "meta mark set ip daddr map @marks",
                        PayloadField.destination(IpFamily.IPV4, 0),
                        Lookup.load("marks", 0, 0),
                        MetaField.set(MetaField.Key.MARK, 0)),
                rule(
                        "meta priority set ip daddr map @classes",
                        PayloadField.destination(IpFamily.IPV4, 0),
                        Lookup.load("classes", 0, 0),
                        MetaField.set(MetaField.Key.PRIORITY, 0)),
                rule(
                        "meta mark set meta mark or 0x4000",
                        MetaField.load(MetaField.Key.MARK, 0),
                        Bitwise.setBits(0, 0x4000),
                        MetaField.set(MetaField.Key.MARK, 0)),
                rule(
                        "meta mark and 0x4000 != 0 meta mark set meta mark xor 0x4000",
                        MetaField.load(MetaField.Key.MARK, 0),
                        Bitwise.keepBits(0, 0x4000),
                        Compare.different(0, Words.number(0)),
                        MetaField.load(MetaField.Key.MARK, 0),
                        Bitwise.invertBits(0, 0x4000),
                        MetaField.set(MetaField.Key.MARK, 0)),
                rule(
                        "ct state new accept",
                        new ConnectionField(ConnectionField.Key.STATE, 0),
                        Bitwise.keepBits(0, ConnectionField.NEW),
                        Compare.different(0, Words.number(0)),
                        Immediate.verdict(Verdict.ACCEPT)),
                rule(
                        "ct status dnat accept",
                        new ConnectionField(ConnectionField.Key.STATUS, 0),
                        Bitwise.keepBits(0, ConnectionField.DESTINATION_TRANSLATED),
                        Compare.different(0, Words.number(0)),
                        Immediate.verdict(Verdict.ACCEPT)),
                rule(
                        "ct direction reply ct status & 0x30 == 0x30 ip daddr set ct original ip saddr",
                        new ConnectionField(ConnectionField.Key.DIRECTION, 0),
                        Compare.equal(0, Words.of(new byte[] {1})),
                        new ConnectionField(ConnectionField.Key.STATUS, 0),
                        Bitwise.keepBits(0, 0x30),
                        Compare.equal(0, Words.number(0x30)),
                        ConnectionField.originalSource(IpFamily.IPV4, 0),
                        new SetAddress(IpFamily.IPV4, false, 0)),
                rule6(
                        "ip6 daddr set ct original ip6 saddr",
                        ConnectionField.originalSource(IpFamily.IPV6, 0),
                        new SetAddress(IpFamily.IPV6, false, 0)),
                rule(
                        "ct direction original ip saddr set ct reply ip daddr",
                        new ConnectionField(ConnectionField.Key.DIRECTION, 0),
                        Compare.equal(0, Words.of(new byte[] {0})),
                        ConnectionField.replyDestination(IpFamily.IPV4, 0),
                        new SetAddress(IpFamily.IPV4, true, 0)),
                rule6(
                        "ip6 saddr set ct reply ip6 daddr",
                        ConnectionField.replyDestination(IpFamily.IPV6, 0),
                        new SetAddress(IpFamily.IPV6, true, 0)),
                rule(
                        "ip saddr set meta l4proto . th dport map @localhost",
                        MetaField.load(MetaField.Key.L4PROTO, 0),
                        PayloadField.destinationPort(1),
                        Lookup.load("localhost", 0, 0),
                        new SetAddress(IpFamily.IPV4, true, 0)),
                rule(
                        "fib daddr type local accept",
                        new FibLookup(FibLookup.Side.DESTINATION, 0),
                        Compare.equal(0, Words.number(FibLookup.LOCAL)),
                        Immediate.verdict(Verdict.ACCEPT)),
                rule(
                        "fib saddr type local accept",
                        new FibLookup(FibLookup.Side.SOURCE, 0),
                        Compare.equal(0, Words.number(FibLookup.LOCAL)),
                        Immediate.verdict(Verdict.ACCEPT)),
                rule(
                        "iifname \"cni0\" accept",
                        MetaField.load(MetaField.Key.IIFNAME, 0),
                        Compare.equal(0, name("cni0")),
                        Immediate.verdict(Verdict.ACCEPT)),
                rule(
                        "dnat ip to ip daddr . meta l4proto . th dport . numgen random mod 3 map @slots",
                        PayloadField.destination(IpFamily.IPV4, 0),
                        MetaField.load(MetaField.Key.L4PROTO, 1),
                        PayloadField.destinationPort(2),
                        new RandomNumber(3, 3),
                        Lookup.load("slots", 0, 0),
                        new Nat(IpFamily.IPV4, 0, 1)),
                rule6(
                        "dnat ip6 to ip6 daddr . meta l4proto . th dport . numgen random mod 3 map @slots",
                        PayloadField.destination(IpFamily.IPV6, 0),
                        MetaField.load(MetaField.Key.L4PROTO, 4),
                        PayloadField.destinationPort(5),
                        new RandomNumber(6, 3),
                        Lookup.load("slots", 0, 0),
                        new Nat(IpFamily.IPV6, 0, 4)),
                rule(
                        "dnat ip to ip daddr . meta l4proto . th dport . jhash ip saddr mod 3 seed 7 map @slots",
                        PayloadField.destination(IpFamily.IPV4, 0),
                        MetaField.load(MetaField.Key.L4PROTO, 1),
                        PayloadField.destinationPort(2),
                        PayloadField.source(IpFamily.IPV4, 8),
                        new HashOf(8, 4, 3, 3, 7),
                        Lookup.load("slots", 0, 0),
                        new Nat(IpFamily.IPV4, 0, 1)),
                rule(
                        "update @clients { ip saddr timeout 10s : meta mark }",
                        PayloadField.source(IpFamily.IPV4, 0),
                        MetaField.load(MetaField.Key.MARK, 4),
                        new UpdateSet("clients", 0, 4, Duration.ofSeconds(10))),
                rule(
                        "delete @clients { ip saddr : meta mark }",
                        PayloadField.source(IpFamily.IPV4, 0),
                        MetaField.load(MetaField.Key.MARK, 4),
                        UpdateSet.delete("clients", 0, 4)));
    }

    @ParameterizedTest(name = "{1}")
    @MethodSource("statements")
    void isWhatNftSays(IpFamily family, String statement, List<Expression> expressions) throws Exception {
        Table table = new Table(family, "proxy");
        try (NetworkNamespace namespace = NetworkNamespace.create("expression");
                NetlinkNftables nftables = namespace.call(NetlinkNftables::open);
                NetlinkSocket socket = namespace.call(() -> NetlinkSocket.open(Netlink.NETFILTER))) {
            namespace.call(() -> new SystemCommands()
                    .run(Command.of(Duration.ofSeconds(20), "nft", "-f", "-")
                            .reading(SETS + "add rule " + table + " theirs " + statement + "\n")));
            nftables.commit(List.of(new NftCommand.AddRule(table, new NftRule("ours", expressions, ""))));
            String theirs = expressionsIn(socket, family, "theirs");
            assertThat(theirs).as("nft took the statement").isNotEmpty();
            assertThat(expressionsIn(socket, family, "ours")).isEqualTo(theirs);
            List<NftRule> rules = nftables.listRules(table).stream()
                    .map(Nftables.ListedRule::rule)
                    .toList();
            assertThat(rules)
                    .as("read back")
                    .containsExactly(new NftRule("theirs", expressions, ""), new NftRule("ours", expressions, ""));
            String listed = namespace
                    .call(() -> new SystemCommands()
                            .run(Command.of(
                                    Duration.ofSeconds(20),
                                    "nft",
                                    "list",
                                    "chain",
                                    table.toString().split(" ")[0],
                                    table.name(),
                                    "ours")))
                    .output();
            assertThat(listed.lines().map(line -> line.strip().replace(" packets 0 bytes 0", "")))
                    .contains(NftRuleText.of(rules.getLast(), set -> set(family, set)));
        }
    }

    private static Optional<NftSet> set(IpFamily family, String name) {
        List<DataType> address = List.of(DataType.address(family));
        return Optional.of(
                switch (name) {
                    case "slots" ->
                        NftSet.map(
                                name,
                                List.of(
                                        DataType.address(family),
                                        DataType.INET_PROTO,
                                        DataType.INET_SERVICE,
                                        DataType.MARK),
                                List.of(DataType.address(family), DataType.INET_SERVICE));
                    case "localhost" ->
                        NftSet.map(
                                name,
                                List.of(DataType.INET_PROTO, DataType.INET_SERVICE),
                                List.of(DataType.address(family)));
                    case "addresses" -> NftSet.set(name, address);
                    case "verdicts" -> NftSet.verdicts(name, address);
                    default -> NftSet.map(name, address, List.of(DataType.MARK));
                });
    }

    @Test
    void anExpressionOfOthersIsReadAsItIs() throws Exception {
        Table table = new Table(IpFamily.IPV4, "proxy");
        try (NetworkNamespace namespace = NetworkNamespace.create("expression");
                NetlinkNftables nftables = namespace.call(NetlinkNftables::open)) {
            String rule = "add rule ip proxy theirs th dport >= 80 ip dscp set 3 limit rate 5/second accept\n";
            namespace.call(() -> new SystemCommands()
                    .run(Command.of(Duration.ofSeconds(20), "nft", "-f", "-").reading(SETS + rule)));
            List<Expression> read = nftables.listRules(table).getFirst().rule().expressions();
            assertThat(read.stream().filter(UnknownExpression.class::isInstance).map(Expression::name))
                    .contains("cmp", "limit");
            nftables.commit(List.of(new NftCommand.AddRule(table, new NftRule("ours", read, ""))));
            assertThat(nftables.listRules(table))
                    .hasSize(2)
                    .allMatch(listed -> listed.rule().expressions().equals(read));
        }
    }

    /** The bytes of the first rule of a chain as the kernel gives them. */
    private static String expressionsIn(NetlinkSocket socket, IpFamily family, String chain) throws Exception {
        NetlinkRequest request = NftRequests.get("list rules", GET_RULE, family, out -> {});
        return String.join("", socket.dump(request, message -> expressions(chain, message)));
    }

    private static @Nullable String expressions(String chain, Message message) {
        String in = "";
        String bytes = "";
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case RULE_CHAIN -> in = attributes.string();
                case RULE_EXPRESSIONS -> bytes = HexFormat.of().formatHex(attributes.bytes());
                default -> {
                    // handle, position
                }
            }
        }
        return in.equals(chain) ? bytes : null;
    }
}
