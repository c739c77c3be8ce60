// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceParserTest {

    private static ServiceBuilder web() {
        return service("shop/web").port("http", 80);
    }

    private static ParsedService v4(ServiceBuilder service) {
        return ServiceParser.parse(service.build(), IpFamily.IPV4);
    }

    private static ParsedService v6(ServiceBuilder service) {
        return ServiceParser.parse(service.build(), IpFamily.IPV6);
    }

    /** The only port of a Service without problems. */
    private static ServicePort only(ServiceBuilder service) {
        ParsedService parsed = v4(service);
        assertThat(parsed.problems()).isEmpty();
        assertThat(parsed.ports()).hasSize(1);
        return parsed.ports().getFirst();
    }

    private static List<String> problems(ParsedService parsed) {
        return parsed.problems().stream()
                .map(p -> p.severity() + " " + p.field())
                .toList();
    }

    @Nested
    class WhichServicesBecomePorts {

        @Test
        void noneAndExternalNameAreSkippedSilently() {
            assertThat(v4(web().clusterIp("None"))).isEqualTo(ParsedService.NONE);
            assertThat(v4(web().type("ExternalName").clusterIp(""))).isEqualTo(ParsedService.NONE);
            assertThat(v4(web().type("ExternalName").clusterIp("10.96.0.9"))).isEqualTo(ParsedService.NONE);
        }

        @Test
        void absentClusterIpYieldsNoPortsAndSaysSo() {
            ParsedService parsed = v4(web().clusterIp(""));
            assertThat(parsed.ports()).isEmpty();
            assertThat(problems(parsed)).containsExactly("SKIPPED spec.clusterIP");
        }

        @Test
        void otherFamilyOnlyYieldsNothing() {
            assertThat(v6(web().families("IPv4", "10.96.0.1"))).isEqualTo(ParsedService.NONE);
            assertThat(v4(web().families("IPv6", "fd00::1"))).isEqualTo(ParsedService.NONE);
            assertThat(v6(web().clusterIp("10.96.0.1"))).isEqualTo(ParsedService.NONE);
        }

        @Test
        void onePortPerEntryInOrder() {
            ParsedService parsed = v4(service("shop/dns")
                    .port("dns", "UDP", 53, 0)
                    .port("dns-tcp", "TCP", 53, 0)
                    .port("assoc", "SCTP", 54, 0));
            assertThat(parsed.ports())
                    .extracting(p -> p.name() + "/" + p.protocol() + " " + p.port())
                    .containsExactly("shop/dns:dns/UDP 53", "shop/dns:dns-tcp/TCP 53", "shop/dns:assoc/SCTP 54");
            assertThat(parsed.declared())
                    .extracting(ParsedService.DeclaredPort::index)
                    .containsExactly(0, 1, 2);
        }

        @Test
        void unnamedPortPrintsWithoutColon() {
            assertThat(only(service("shop/web").port("", 80)).name()).hasToString("shop/web");
        }

        @Test
        void absentProtocolIsTcp() {
            assertThat(only(service("shop/web").port("http", "", 80, 0)).protocol())
                    .isEqualTo(Protocol.TCP);
        }
    }

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
    class Ports {

        @ParameterizedTest
        @ValueSource(ints = {0, -1, 65536})
        void outOfRangeIsSkippedAndTheOthersStand(int number) {
            ParsedService parsed = v4(service("shop/web").port("ok", 80).port("bad", number));
            assertThat(parsed.ports()).extracting(p -> p.name().port()).containsExactly("ok");
            assertThat(problems(parsed)).containsExactly("SKIPPED spec.ports[1].port");
            assertThat(parsed.problems().getFirst())
                    .hasToString("Service shop/web: spec.ports[1].port: " + number + " is not a port; want 1 to 65535");
        }

        @ParameterizedTest
        @ValueSource(ints = {1, 65535})
        void edgesAreAccepted(int number) {
            assertThat(only(service("shop/web").port("", number)).port()).isEqualTo(number);
        }

        @ParameterizedTest
        @ValueSource(strings = {"tcp", "ICMP", "QUIC"})
        void unknownProtocolIsSkipped(String protocol) {
            ParsedService parsed =
                    v4(service("shop/web").port("bad", protocol, 80, 0).port("ok", 81));
            assertThat(parsed.ports()).extracting(p -> p.name().port()).containsExactly("ok");
            assertThat(parsed.declared().getFirst().index()).isEqualTo(1);
            assertThat(problems(parsed)).containsExactly("SKIPPED spec.ports[0].protocol");
        }

        @Test
        void sameNameAndProtocolTwiceKeepsTheFirst() {
            ParsedService parsed = v4(service("shop/web").port("a", 80).port("a", 81));
            assertThat(parsed.ports()).extracting(ServicePort::port).containsExactly(80);
            assertThat(problems(parsed)).containsExactly("SKIPPED spec.ports[1].name");
        }

        @Test
        void sameNameInTwoProtocolsAreTwoPorts() {
            assertThat(v4(service("shop/dns").port("dns", "UDP", 53, 0).port("dns", "TCP", 53, 0))
                            .ports())
                    .hasSize(2);
        }

        @ParameterizedTest
        @ValueSource(ints = {-1, 65536})
        void badNodePortIsIgnored(int nodePort) {
            ParsedService parsed = v4(service("shop/web").port("a", "TCP", 80, nodePort));
            assertThat(parsed.ports().getFirst().nodePort()).isZero();
            assertThat(problems(parsed)).containsExactly("IGNORED spec.ports[0].nodePort");
        }

        @Test
        void nodePortIsKept() {
            assertThat(only(service("shop/web").port("a", "TCP", 80, 30080)).nodePort())
                    .isEqualTo(30080);
        }
    }

    @Nested
    class Policies {

        @ParameterizedTest
        @CsvSource({
            "LoadBalancer, Local, '', true",
            "NodePort, Local, '', true",
            "ClusterIP, Local, '', false",
            "ClusterIP, Local, 203.0.113.1, true",
            "ClusterIP, Local, fd00::9, true",
            "ClusterIP, Cluster, 203.0.113.1, false",
            "LoadBalancer, Cluster, '', false",
            "LoadBalancer, '', '', false",
        })
        void externalLocalHoldsOnlyWhenExternallyAccessibleBySpec(
                String type, String policy, String externalIp, boolean local) {
            ServiceBuilder service = web().type(type).externalPolicy(policy).healthCheckNodePort(32000);
            if (!externalIp.isEmpty()) {
                service.externalIps(externalIp);
            }
            assertThat(only(service).externalPolicyLocal()).isEqualTo(local);
        }

        @ParameterizedTest
        @CsvSource({"Local, true", "Cluster, false", "'', false"})
        void internalPolicyDefaultsToCluster(String policy, boolean local) {
            assertThat(only(web().internalPolicy(policy)).internalPolicyLocal()).isEqualTo(local);
        }

        @ParameterizedTest
        @CsvSource({"LoadBalancer, Local, 32000", "LoadBalancer, Cluster, 0", "NodePort, Local, 0"})
        void healthCheckNodePortOnlyForLoadBalancersUnderLocal(String type, String policy, int expected) {
            assertThat(only(web().type(type).externalPolicy(policy).healthCheckNodePort(32000))
                            .healthCheckNodePort())
                    .isEqualTo(expected);
        }

        @Test
        void absentHealthCheckNodePortIsSaid() {
            ParsedService parsed = v4(web().type("LoadBalancer").externalPolicy("Local"));
            assertThat(parsed.ports()).hasSize(1);
            assertThat(problems(parsed)).containsExactly("IGNORED spec.healthCheckNodePort");
        }
    }

    @Nested
    class Affinity {

        @ParameterizedTest
        @CsvSource({"None, 60, 0", "'', 60, 0", "ClientIP, 60, 60", "ClientIP, , 10800", "ClientIP, 86400, 86400"})
        void timeoutIsReadForClientIpOnlyAndDefaultsToThreeHours(
                String affinity, @Nullable Integer timeout, int seconds) {
            ServicePort port = only(web().affinity(affinity, timeout));
            assertThat(port.affinitySeconds()).isEqualTo(seconds);
            assertThat(port.hasAffinity()).isEqualTo(seconds > 0);
        }

        @ParameterizedTest
        @ValueSource(ints = {0, -5, 86401})
        void impossibleTimeoutFallsBackToTheDefault(int timeout) {
            ParsedService parsed = v4(web().affinity("ClientIP", timeout));
            assertThat(parsed.ports().getFirst().affinitySeconds()).isEqualTo(10_800);
            assertThat(problems(parsed)).containsExactly("IGNORED spec.sessionAffinityConfig.clientIP.timeoutSeconds");
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

    @Nested
    class Derived {

        @ParameterizedTest
        @CsvSource({
            // nodePort, externalIp, vip, internal, external -> accessible, cluster endpoints, local endpoints
            "0,     '',          '',          Cluster, Cluster, false, true,  false",
            "0,     '',          '',          Local,   Cluster, false, false, true",
            "30080, '',          '',          Local,   Cluster, true,  true,  true",
            "30080, '',          '',          Cluster, Local,   true,  true,  true",
            "0,     203.0.113.1, '',          Cluster, Cluster, true,  true,  false",
            "0,     '',          203.0.113.1, Cluster, Local,   true,  true,  true",
            "0,     '',          '',          Cluster, Local,   false, true,  false",
        })
        void predicates(
                int nodePort,
                String externalIp,
                String vip,
                String internal,
                String external,
                boolean accessible,
                boolean cluster,
                boolean local) {
            ServiceBuilder service = service("shop/web")
                    .type("LoadBalancer")
                    .healthCheckNodePort(32000)
                    .port("", "TCP", 80, nodePort)
                    .internalPolicy(internal)
                    .externalPolicy(external);
            if (!externalIp.isEmpty()) {
                service.externalIps(externalIp);
            }
            if (!vip.isEmpty()) {
                service.ingress(vip, "");
            }
            ServicePort port = only(service);
            assertThat(port.externallyAccessible()).isEqualTo(accessible);
            assertThat(port.usesClusterEndpoints()).isEqualTo(cluster);
            assertThat(port.usesLocalEndpoints()).isEqualTo(local);
        }

        @Test
        void annotationsAreHandedOn() {
            assertThat(only(web().annotations(Map.of("sluice.dev/scheduler", "wlc")))
                            .annotations())
                    .containsEntry("sluice.dev/scheduler", "wlc");
        }
    }

    @Test
    void manyProblemsAreCutShort() {
        String[] bad = new String[100];
        Arrays.fill(bad, "x");
        ParsedService parsed = v4(web().externalIps(bad));
        assertThat(parsed.problems()).hasSize(9);
        assertThat(parsed.problems().getLast().message()).contains("92 more");
    }
}
