// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rules;

import static dev.sluice.core.net.Protocol.SCTP;
import static dev.sluice.core.net.Protocol.TCP;
import static dev.sluice.core.net.Protocol.UDP;
import static dev.sluice.linux.rules.RuleBuilder.rule;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.ipset.IpSet;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.Function;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What rules print, and that it is read back as the same rule. */
class RuleTest {
    private static final List<Protocol> PROTOCOLS = List.of(Protocol.TCP, Protocol.UDP, Protocol.SCTP);
    private static final PacketMark MARK = new PacketMark(14);
    private static final Cidr NET = Cidr.of("10.0.0.0/8");
    private static final IpSet ADDRESSES = IpSet.of("PORTALS", IpSet.Type.HASH_IP_PORT, IpFamily.IPV4);
    private static final IpSet RANGES = IpSet.of("RANGES", IpSet.Type.HASH_IP_PORT_NET, IpFamily.IPV4);
    private static final IpSet PORTS = IpSet.of("PORTS", IpSet.Type.BITMAP_PORT, IpFamily.IPV4);

    private static final Map<String, RuleBuilder> MATCHES = Map.ofEntries(
            Map.entry("-s 10.0.0.0/8", rule().from(NET)),
            Map.entry("! -s 10.0.0.0/8", rule().notFrom(NET)),
            Map.entry("-s fd00::1/128", rule().from(IpAddress.of("fd00::1"))),
            Map.entry("-d 10.96.0.1/32", rule().to(IpAddress.of("10.96.0.1"))),
            Map.entry("! -d 10.0.0.0/8", rule().notTo(NET)),
            Map.entry("-i veth+", rule().match(new Match.InInterface("veth+", false))),
            Map.entry("! -i cbr0", rule().match(new Match.InInterface("cbr0", true))),
            Map.entry("-p sctp", rule().protocol(SCTP)),
            Map.entry("-p udp -m udp", rule().transport(UDP)),
            Map.entry("-p tcp -m tcp --dport 80", rule().port(TCP, 80)),
            Map.entry("-p udp -m udp --dport 30000:30015", rule().ports(UDP, 30000, 30015)),
            Map.entry("-p tcp -m tcp --dport 80 --tcp-flags FIN,SYN,RST,ACK SYN", rule().opening(80)),
            Map.entry("-m comment --comment plain_1-x", rule().comment("plain_1-x")),
            Map.entry("-m comment --comment \"\"", rule().comment("")),
            Map.entry(
                    "-m comment --comment \"shop/web -j \\\"x\\\" \\\\ \\'\"",
                    rule().comment("shop/web -j \"x\" \\ '")),
            Map.entry("-m addrtype --src-type LOCAL", rule().fromLocalAddress()),
            Map.entry("-m addrtype --dst-type LOCAL", rule().toLocalAddress()),
            Map.entry("-m mark --mark 0x4000/0x4000", rule().marked(MARK)),
            Map.entry("-m mark ! --mark 0x80000000/0x80000000", rule().notMarked(new PacketMark(31))),
            Map.entry("-m conntrack --ctstate NEW", rule().state(ConnectionState.NEW)),
            Map.entry(
                    "-m conntrack ! --ctstate RELATED,ESTABLISHED,DNAT",
                    rule().notState(ConnectionState.DNAT, ConnectionState.ESTABLISHED, ConnectionState.RELATED)),
            Map.entry("-m statistic --mode random --probability 0.33333333349", rule().oneIn(3)),
            Map.entry(
                    "-m recent --set --name CLIENTS --mask 255.255.255.255 --rsource",
                    rule().rememberSource(IpFamily.IPV4, "CLIENTS")),
            Map.entry(
                    "-m recent --rcheck --seconds 10800 --reap --name CLIENTS"
                            + " --mask ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff --rsource",
                    rule().sourceSeen(IpFamily.IPV6, "CLIENTS", 10800)),
            Map.entry("-m set --match-set CLIENTS src", rule().sourceRemembered("CLIENTS")),
            Map.entry("-m nfacct --nfacct-name  seen_pkts", rule().counted("seen_pkts")),
            Map.entry(
                    "-m time --datestop 2026-01-02T03:04:05", rule().until(Instant.parse("2026-01-02T03:04:05.678Z"))));

    private static final Map<String, Rule> TARGETS = Map.ofEntries(
            Map.entry("-j ACCEPT", rule().accept()),
            Map.entry("-j DROP", rule().drop()),
            Map.entry("-j RETURN", rule().leave()),
            Map.entry("", rule().noTarget()),
            Map.entry("-j KUBE-SVC-X", rule().jump("KUBE-SVC-X")),
            Map.entry("-j REJECT --reject-with icmp-port-unreachable", rule().reject(IpFamily.IPV4)),
            Map.entry("-j REJECT --reject-with icmp6-port-unreachable", rule().reject(IpFamily.IPV6)),
            Map.entry("-j REJECT --reject-with tcp-reset", rule().target(Target.Reject.TCP_RESET)),
            Map.entry("-j DNAT --to-destination 10.244.1.5:8080", rule().dnat(IpAddress.of("10.244.1.5"), 8080)),
            Map.entry("-j DNAT --to-destination [fd00::5]:8080", rule().dnat(IpAddress.of("fd00::5"), 8080)),
            Map.entry("-j SET --add-set CLIENTS src --exist --timeout 10800", rule().rememberSource("CLIENTS", 10_800)),
            Map.entry("-j MASQUERADE", rule().masquerade(false)),
            Map.entry("-j MASQUERADE --random-fully", rule().masquerade(true)),
            Map.entry("-j MARK --set-xmark 0x4000/0x4000", rule().setMark(MARK)),
            Map.entry("-j MARK --set-xmark 0x4000/0x0", rule().flipMark(MARK)));

    static Stream<Map.Entry<String, Rule>> rules() {
        Stream<Map.Entry<String, Rule>> matches = MATCHES.entrySet().stream()
                .flatMap(entry -> Stream.of(
                        Map.entry(entry.getKey(), entry.getValue().noTarget()),
                        Map.entry(entry.getKey() + " -j DROP", entry.getValue().drop())));
        return Stream.concat(matches, TARGETS.entrySet().stream());
    }

    @ParameterizedTest
    @MethodSource("rules")
    void printsAndReadsEachForm(Map.Entry<String, Rule> entry) {
        assertThat(entry.getValue().text()).isEqualTo(entry.getKey());
        assertThat(Rule.parse(entry.getKey())).isEqualTo(entry.getValue());
    }

    @Test
    void asksSets() {
        assertThat(rule().inSet(ADDRESSES).drop().text()).isEqualTo("-m set --match-set PORTALS dst,dst -j DROP");
        assertThat(rule().notInSet(RANGES).drop().text()).isEqualTo("-m set ! --match-set RANGES dst,dst,src -j DROP");
        assertThat(rule().inSet(PORTS).drop().text()).isEqualTo("-m set --match-set PORTS dst -j DROP");
        assertThat(rule().inSet(ADDRESSES, Side.SOURCE, Side.DESTINATION).drop().text())
                .isEqualTo("-m set --match-set PORTALS src,dst -j DROP");
    }

    @Test
    void putsAddressesInterfaceAndProtocolFirst() {
        Rule rule = rule().comment("why")
                .port(TCP, 80)
                .match(new Match.InInterface("veth+", true))
                .to(IpAddress.of("10.96.0.1"))
                .oneIn(2)
                .notFrom(NET)
                .jump("NEXT");

        assertThat(rule.text())
                .isEqualTo(
                        "! -s 10.0.0.0/8 -d 10.96.0.1/32 ! -i veth+ -p tcp -m comment --comment why -m tcp --dport 80"
                                + " -m statistic --mode random --probability 0.50000000000 -j NEXT");
    }

    @Test
    void leavesOutRangesOfEveryAddress() {
        Cidr all = Cidr.of("0.0.0.0/0");

        assertThat(rule().from(all).to(all).drop().text()).isEqualTo("-j DROP");
        assertThat(rule().notFrom(all).drop().text()).isEqualTo("! -s 0.0.0.0/0 -j DROP");
    }

    @Test
    void printsProbabilitiesAsTheKernelKeepsThem() {
        for (int n = 1; n < 20_000; n++) {
            BigDecimal kept = new BigDecimal((double) RuleText.share(n) / RuleText.WHOLE);
            assertThat(rule().oneIn(n).noTarget().text())
                    .isEqualTo("-m statistic --mode random --probability "
                            + kept.setScale(11, RoundingMode.HALF_EVEN).toPlainString());
        }
    }

    @Test
    void readsRandomRulesBack() {
        Random random = new Random(20);
        List<Function<RuleBuilder, RuleBuilder>> choices = List.of(
                b -> b.from(new Cidr(
                        new IpAddress(IpFamily.IPV4, 0, random.nextInt() & 0xffffffffL), 1 + random.nextInt(32))),
                b -> b.notTo(new Cidr(
                        new IpAddress(IpFamily.IPV6, random.nextLong(), random.nextLong()), random.nextInt(129))),
                b -> b.port(PROTOCOLS.get(random.nextInt(3)), 1 + random.nextInt(65_535)),
                b -> b.comment(randomText(random)),
                b -> b.oneIn(1 + random.nextInt(40_000)),
                b -> b.marked(new PacketMark(random.nextInt(32))),
                b -> b.sourceSeen(IpFamily.IPV4, "LIST", random.nextInt(1, 86_400)),
                b -> b.until(Instant.ofEpochSecond(random.nextLong(4_000_000_000L))));
        List<Rule> targets = List.copyOf(TARGETS.values());
        for (int i = 0; i < 5_000; i++) {
            RuleBuilder builder = rule();
            for (int matches = random.nextInt(6); matches > 0; matches--) {
                builder = choices.get(random.nextInt(choices.size())).apply(builder);
            }
            Rule rule =
                    builder.target(targets.get(random.nextInt(targets.size())).target());
            assertThat(Rule.parse(rule.text())).isEqualTo(rule);
        }
    }

    private static String randomText(Random random) {
        StringBuilder text = new StringBuilder();
        for (int i = random.nextInt(12); i > 0; i--) {
            text.append((char) random.nextInt(' ', 0x7f));
        }
        return text.toString();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "-m physdev ! --physdev-is-in -j ACCEPT",
                "-m set --match-set PORTALS dst,dst -j DROP",
                "-m state --state NEW -j ACCEPT",
                "-m mark --mark 0x1/0x3 -j DROP",
                "-m comment -j DROP",
                "-m conntrack --ctstate LATER -j DROP",
                "-m tcp --sport 80 -j DROP",
                "-m statistic --mode random --probability 0.5 -j DROP",
                "-m statistic --mode nth --every 2 --packet 0 -j DROP",
                "-o eth0 -j DROP",
                "! -p tcp -j DROP",
                "-s 10.0.0.1 -j DROP",
                "-s 10.0.0.0/8 -s 10.0.0.0/8 -j DROP",
                "-m addrtype ! --src-type LOCAL -j DROP",
                "-p tcp -d 10.0.0.0/8 -j DROP",
                "-j REJECT",
                "-j DNAT --to-destination x",
                "-j REDIRECT --to-ports 40000",
                "-j DROP -m comment --comment x",
                "-j MARK --set-xmark 4/4",
                "-g ELSEWHERE",
                "-j"
            })
    void refusesWhatItDoesNotKnow(String text) {
        assertThatIllegalArgumentException().isThrownBy(() -> Rule.parse(text));
    }

    @Test
    void tellsLocalTraffic() {
        assertThat(from(new LocalDetector.None())).isEqualTo("-j DROP");
        assertThat(from(new LocalDetector.SourceCidr(NET))).isEqualTo("-s 10.0.0.0/8 -j DROP");
        assertThat(from(new LocalDetector.Bridge("cbr0"))).isEqualTo("-i cbr0 -j DROP");
        assertThat(from(new LocalDetector.InterfacePrefix("veth"))).isEqualTo("-i veth+ -j DROP");
        assertThat(rule().match(LocalTraffic.notFrom(new LocalDetector.InterfacePrefix("veth")))
                        .drop()
                        .text())
                .isEqualTo("! -i veth+ -j DROP");
    }

    private static String from(LocalDetector detector) {
        return rule().match(LocalTraffic.from(detector)).drop().text();
    }
}
