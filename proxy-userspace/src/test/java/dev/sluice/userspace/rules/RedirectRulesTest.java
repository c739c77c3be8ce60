// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.config.NodePortAddresses;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.fake.CanonicalForm;
import dev.sluice.userspace.config.UserspaceConfig;
import dev.sluice.userspace.config.UserspaceOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules as iptables-save prints them; PacketsTest shows that both variants print them so. */
class RedirectRulesTest {
    private static final int UDP_PORT = 40053;

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theRulesOfANode(IpFamily family) throws Exception {
        boolean v4 = family == IpFamily.IPV4;
        RedirectRules rules = rules(UserspaceConfig.defaults(family)
                .withLocalDetector(new LocalDetector.SourceCidr(Cidr.of(v4 ? "10.244.0.0/16" : "fd00:244::/32"))));
        String text = rules.nat().text().text() + rules.filter().text().text();
        assertThat(text).isEqualTo(golden(v4 ? "node-ipv4.rules" : "node-ipv6.rules"));
        CanonicalForm form = new CanonicalForm(family);
        text.lines()
                .filter(line -> line.startsWith("-A "))
                .forEach(line -> form.check(line.replaceFirst("-A \\S+ ", "")));
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theUdpPortOfTheLastProcessIsFoundInItsRules(IpFamily family) {
        RedirectRules rules = rules(UserspaceConfig.defaults(family));
        List<String> redirect = new ArrayList<>(List.of("-p udp -m u32 --u32 0x0 -j DNAT --to-destination 10.1.1.1:1"));
        assertThat(RedirectRules.udpPort(redirect, rules.proxyAddress())).isZero();
        redirect.addAll(rules.nat().text().chains().get(RedirectRules.REDIRECT));
        assertThat(RedirectRules.udpPort(redirect, rules.proxyAddress())).isEqualTo(UDP_PORT);
        IpAddress other = IpAddress.of(family == IpFamily.IPV4 ? "192.168.10.77" : "fd00:10::77");
        assertThat(RedirectRules.udpPort(redirect, other)).isZero();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void betweenTwoProcessesDatagramsAreDroppedOnTheirWayIn(IpFamily family) throws Exception {
        List<ChainRule> held =
                rules(UserspaceConfig.defaults(family)).holdDatagrams(Instant.parse("2026-01-02T03:04:05Z"));
        assertThat(held).hasSize(1);
        assertThat(held.getFirst().chain()).isEqualTo(RedirectRules.INPUT);
        assertThat(held.getFirst().rule().text())
                .contains("-p udp -m udp --dport " + UDP_PORT, "--datestop 2026-01-02T03:04:05 ", "-j DROP");
        new CanonicalForm(family).check(held.getFirst().rule().text());
    }

    static Stream<Arguments> detectors() {
        return Stream.of(
                Arguments.of(new LocalDetector.None(), List.of("-m addrtype --src-type LOCAL -j SLUICE-REDIRECT")),
                Arguments.of(
                        new LocalDetector.Bridge("cni0"),
                        List.of("-m addrtype --src-type LOCAL -j SLUICE-REDIRECT", "-i cni0 -j SLUICE-REDIRECT")),
                Arguments.of(
                        new LocalDetector.InterfacePrefix("cali"),
                        List.of("-m addrtype --src-type LOCAL -j SLUICE-REDIRECT", "-i cali+ -j SLUICE-REDIRECT")),
                Arguments.of(
                        new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16")),
                        List.of(
                                "-m addrtype --src-type LOCAL -j SLUICE-REDIRECT",
                                "-s 10.244.0.0/16 -j SLUICE-REDIRECT")));
    }

    @ParameterizedTest
    @MethodSource("detectors")
    void localTrafficFollowsTheDetector(LocalDetector detector, List<String> expected) {
        RedirectRules rules = rules(UserspaceConfig.defaults(IpFamily.IPV4).withLocalDetector(detector));
        assertThat(rules.nat().text().chains()).containsEntry("SLUICE-FROM-NODE", expected);
    }

    static Stream<Arguments> nodePortAddresses() {
        return Stream.of(
                Arguments.of(List.of(), true, List.of("-m addrtype --dst-type LOCAL -j SLUICE-NODE-PORTS")),
                Arguments.of(
                        List.of(),
                        false,
                        List.of("! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j SLUICE-NODE-PORTS")),
                Arguments.of(
                        List.of("192.168.0.0/16", "127.0.0.0/8"),
                        true,
                        List.of(
                                "-d 192.168.0.0/16 -m addrtype --dst-type LOCAL -j SLUICE-NODE-PORTS",
                                "-d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j SLUICE-NODE-PORTS")),
                Arguments.of(
                        List.of("192.168.0.0/16", "127.0.0.0/8"),
                        false,
                        List.of("-d 192.168.0.0/16 -m addrtype --dst-type LOCAL -j SLUICE-NODE-PORTS")));
    }

    @ParameterizedTest
    @MethodSource("nodePortAddresses")
    void nodePortsAreServedOnTheConfiguredAddresses(List<String> ranges, boolean localhost, List<String> expected) {
        UserspaceConfig defaults = UserspaceConfig.defaults(IpFamily.IPV4);
        RedirectRules rules = rules(new UserspaceConfig(
                new BackendConfig(
                        IpFamily.IPV4,
                        defaults.localDetector(),
                        new NodePortAddresses(
                                IpFamily.IPV4, ranges.stream().map(Cidr::of).toList())),
                UserspaceOptions.DEFAULT.withLocalhostNodePorts(localhost)));
        assertThat(rules.nat().text().chains().get("SLUICE-SERVICES"))
                .filteredOn(rule -> rule.endsWith("SLUICE-NODE-PORTS"))
                .isEqualTo(expected);
        assertThat(rules.filter().text().chains().get("SLUICE-FIREWALL"))
                .filteredOn(rule -> rule.endsWith("SLUICE-NODE-FIREWALL"))
                .hasSameSizeAs(expected);
    }

    @Test
    void everySetOfTheRulesExistsAndEverySetIsUsed() {
        for (IpFamily family : IpFamily.values()) {
            RedirectRules rules = rules(UserspaceConfig.defaults(family));
            String text = rules.nat().text().text() + rules.filter().text().text();
            List<String> named = text.lines()
                    .flatMap(line -> Stream.of(line.split("--match-set ")).skip(1))
                    .map(rest -> rest.substring(0, rest.indexOf(' ')))
                    .distinct()
                    .toList();
            assertThat(PortalSets.all(family)).extracting(set -> set.name()).containsExactlyInAnyOrderElementsOf(named);
        }
    }

    @Test
    void withoutUdpSocketsNothingLeadsToOne() {
        RedirectRules rules =
                new RedirectRules(UserspaceConfig.defaults(IpFamily.IPV4), IpAddress.of("192.168.10.1"), 40080, 0);
        assertThat(rules.nat().text().chains().get("SLUICE-REDIRECT")).hasSize(1);
        assertThat(rules.filter().text().chains().get("SLUICE-INPUT")).hasSize(2);
    }

    private static RedirectRules rules(UserspaceConfig config) {
        boolean v4 = config.family() == IpFamily.IPV4;
        return new RedirectRules(config, IpAddress.of(v4 ? "192.168.10.1" : "fd00:10::1"), 40080, UDP_PORT);
    }

    private static String golden(String name) throws IOException {
        try (InputStream in = Objects.requireNonNull(RedirectRulesTest.class.getResourceAsStream("/golden/" + name))) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
