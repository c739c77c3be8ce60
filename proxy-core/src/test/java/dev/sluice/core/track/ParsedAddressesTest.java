// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** How the parser reads the addresses of a Service. */
class ParsedAddressesTest extends ServiceParserFixture {
    @Nested
    class ClusterIp {

        @Test
        void isTakenByTheIndexOfItsFamily() {
            ServiceBuilder dual = web().families("IPv6", "fd00::7", "IPv4", "10.96.0.7");
            assertThat(v4(dual).ports().getFirst().clusterIp()).hasToString("10.96.0.7");
            assertThat(v6(dual).ports().getFirst().clusterIp()).hasToString("fd00::7");
            assertThat(v6(dual).ports().getFirst().family()).isEqualTo(IpFamily.IPV6);
        }

        @Test
        void withoutFamiliesDecidesItsOwnFamily() {
            assertThat(only(web().clusterIp("10.96.0.7")).clusterIp()).hasToString("10.96.0.7");
            assertThat(v6(web().clusterIp("fd00::7")).ports()).hasSize(1);
        }

        @Test
        void standsInForAbsentClusterIps() {
            assertThat(only(web().clusterIp("10.96.0.7").ipFamilies("IPv4")).clusterIp())
                    .hasToString("10.96.0.7");
        }

        @Test
        void leadingZerosAreDecimal() {
            assertThat(only(web().clusterIp("010.096.000.010")).clusterIp()).hasToString("10.96.0.10");
        }

        @ParameterizedTest
        @CsvSource({
            "10.96.0.300, ''",
            "web, ''",
            "0.0.0.0, ''",
            "10.96.0.300, IPv4",
            "fd00::1, IPv4",
        })
        void badOneSkipsTheServiceAndNamesTheField(String address, String family) {
            ServiceBuilder service = family.isEmpty() ? web().clusterIp(address) : web().families(family, address);
            ParsedService parsed = v4(service);
            assertThat(parsed.ports()).isEmpty();
            assertThat(problems(parsed))
                    .containsExactly(family.isEmpty() ? "SKIPPED spec.clusterIP" : "SKIPPED spec.clusterIPs[0]");
            assertThat(parsed.problems().getFirst().message()).contains(address);
        }

        @Test
        void badOneOfOneFamilyLeavesTheOther() {
            ServiceBuilder service = web().families("IPv4", "10.96.0.1", "IPv6", "fd00::g");
            assertThat(v4(service).ports()).hasSize(1);
            assertThat(problems(v6(service))).containsExactly("SKIPPED spec.clusterIPs[1]");
        }

        @Test
        void missingInTheListIsSaid() {
            ServiceBuilder service = web().clusterIps("10.96.0.1").ipFamilies("IPv4", "IPv6");
            assertThat(problems(v6(service))).containsExactly("SKIPPED spec.clusterIPs[1]");
        }

        @Test
        void unknownFamilyIsSaid() {
            assertThat(problems(v4(web().families("ipv4", "10.96.0.1")))).containsExactly("SKIPPED spec.ipFamilies[0]");
        }
    }

    @Nested
    class Addresses {

        @Test
        void externalIpsOfTheFamilyAreKeptOnceInOrder() {
            ServiceBuilder service = web().families("IPv4", "10.96.0.1", "IPv6", "fd00::1")
                    .externalIps("203.0.113.2", "2001:db8::1", "203.0.113.1", "203.000.113.002");
            assertThat(v4(service).ports().getFirst().externalIps())
                    .extracting(IpAddress::toString)
                    .containsExactly("203.0.113.2", "203.0.113.1");
            assertThat(v6(service).ports().getFirst().externalIps())
                    .extracting(IpAddress::toString)
                    .containsExactly("2001:db8::1");
        }

        @Test
        void badExternalIpIsIgnoredAndBlankSilently() {
            ParsedService parsed = v4(web().externalIps("203.0.113.1", " ", "203.0.113", "0.0.0.0"));
            assertThat(parsed.ports().getFirst().externalIps()).hasSize(1);
            assertThat(problems(parsed)).containsExactly("IGNORED spec.externalIPs[2]", "IGNORED spec.externalIPs[3]");
        }

        @ParameterizedTest
        @CsvSource(
                delimiter = '|',
                value = {
                    "10.0.0.0/8|10.0.0.0/8",
                    "' 10.0.0.0/8 '|10.0.0.0/8",
                    "10.1.2.3/8|10.0.0.0/8",
                    "10.0.0.0/8,192.168.0.0/16|10.0.0.0/8,192.168.0.0/16",
                    "10.0.0.0/8,10.0.0.0/8|10.0.0.0/8",
                    "10.0.0.0/8,2001:db8::/32|10.0.0.0/8",
                    "10.0.0.0/8,::/0|10.0.0.0/8",
                    "10.0.0.0/8,0.0.0.0/0|''",
                    "2001:db8::/32|''",
                })
        void sourceRangesOfTheFamilyAndZeroLengthMeansEverybody(String ranges, String kept) {
            ServicePort port = only(web().sourceRanges(ranges.split(",")));
            assertThat(String.join(
                            ",",
                            port.sourceRanges().stream().map(Object::toString).toList()))
                    .isEqualTo(kept);
        }

        @Test
        void badSourceRangeIsIgnoredAndBlankSilently() {
            ParsedService parsed = v4(web().sourceRanges("10.0.0.1", "", "10.0.0.0/33", "10.0.0.0/8"));
            assertThat(parsed.ports().getFirst().sourceRanges()).hasSize(1);
            assertThat(problems(parsed))
                    .containsExactly(
                            "IGNORED spec.loadBalancerSourceRanges[0]", "IGNORED spec.loadBalancerSourceRanges[2]");
        }

        @Test
        void loadBalancerVipsByIpMode() {
            ServicePort port = only(web().ingress("203.0.113.1", "")
                    .ingress("203.0.113.2", "VIP")
                    .ingress("203.0.113.3", "Proxy")
                    .ingress("2001:db8::1", "VIP")
                    .ingressHost("lb.example.com"));
            assertThat(port.loadBalancerVips())
                    .extracting(IpAddress::toString)
                    .containsExactly("203.0.113.1", "203.0.113.2");
        }

        @Test
        void badIngressAddressIsIgnored() {
            ParsedService parsed = v4(web().ingress("lb", ""));
            assertThat(problems(parsed)).containsExactly("IGNORED status.loadBalancer.ingress[0].ip");
        }

        @Test
        void badAddressInProxyModeIsNotEvenRead() {
            assertThat(v4(web().ingress("lb", "Proxy")).problems()).isEmpty();
        }
    }
}
