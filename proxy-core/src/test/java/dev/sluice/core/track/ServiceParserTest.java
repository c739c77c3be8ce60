// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import static dev.sluice.core.fixture.ServiceBuilder.service;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.fixture.ServiceBuilder;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.Protocol;
import java.util.Arrays;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ServiceParserTest extends ServiceParserFixture {
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
