// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.BackendConfig;
import dev.sluice.core.config.ConfigReader;
import dev.sluice.core.config.ConfigSchema;
import dev.sluice.core.config.ConfigValues;
import dev.sluice.core.config.LocalDetector;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.linux.rules.Rule;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class IpvsRulesTest {
    private static IpvsRules rules(LocalDetector detector) {
        return new IpvsRules(IpvsConfig.defaults(IpFamily.IPV4).withLocalDetector(detector), true);
    }

    @Test
    void natOfIpv4() {
        assertThat(rules(new LocalDetector.None()).nat(ServiceRules.NONE).text().text())
                .isEqualTo("""
            *nat
            :KUBE-LOAD-BALANCER - [0:0]
            :KUBE-MARK-MASQ - [0:0]
            :KUBE-NODE-PORT - [0:0]
            :KUBE-POSTROUTING - [0:0]
            :KUBE-SERVICES - [0:0]
            :KUBE-SHORT-CIRCUIT - [0:0]
            :KUBE-SHORT-CIRCUIT-TO - [0:0]
            :KUBE-UNBOUND - [0:0]
            :KUBE-UNBOUND-TO - [0:0]
            -A POSTROUTING -m comment --comment "kubernetes postrouting rules" -j KUBE-POSTROUTING
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A OUTPUT -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A KUBE-LOAD-BALANCER -m comment --comment "Kubernetes service load balancer ip + port with externalTrafficPolicy=local" -m set --match-set KUBE-LOAD-BALANCER-LOCAL dst,dst -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
            -A KUBE-LOAD-BALANCER -m comment --comment "Kubernetes service load balancer ip + port with externalTrafficPolicy=local" -m set --match-set KUBE-LOAD-BALANCER-LOCAL dst,dst -j RETURN
            -A KUBE-LOAD-BALANCER -j KUBE-MARK-MASQ
            -A KUBE-MARK-MASQ -j MARK --set-xmark 0x4000/0x4000
            -A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port with externalTrafficPolicy=local" -m set --match-set KUBE-NODE-PORT-LOCAL-TCP dst -j RETURN
            -A KUBE-NODE-PORT -p tcp -m comment --comment "Kubernetes nodeport TCP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-TCP dst -j KUBE-MARK-MASQ
            -A KUBE-NODE-PORT -p udp -m comment --comment "Kubernetes nodeport UDP port with externalTrafficPolicy=local" -m set --match-set KUBE-NODE-PORT-LOCAL-UDP dst -j RETURN
            -A KUBE-NODE-PORT -p udp -m comment --comment "Kubernetes nodeport UDP port for masquerade purpose" -m set --match-set KUBE-NODE-PORT-UDP dst -j KUBE-MARK-MASQ
            -A KUBE-NODE-PORT -p sctp -m comment --comment "Kubernetes nodeport SCTP port with externalTrafficPolicy=local with type \\'hash ip:port\\'" -m set --match-set KUBE-NODE-PORT-LOCAL-SCTP-HASH dst,dst -j RETURN
            -A KUBE-NODE-PORT -p sctp -m comment --comment "Kubernetes nodeport SCTP port for masquerade purpose with type \\'hash ip:port\\'" -m set --match-set KUBE-NODE-PORT-SCTP-HASH dst,dst -j KUBE-MARK-MASQ
            -A KUBE-POSTROUTING -m comment --comment "Kubernetes endpoints dst ip:port, source ip for solving hairpin purpose" -m set --match-set KUBE-LOOP-BACK dst,dst,src -j MASQUERADE
            -A KUBE-POSTROUTING -m mark ! --mark 0x4000/0x4000 -j RETURN
            -A KUBE-POSTROUTING -j MARK --set-xmark 0x4000/0x0
            -A KUBE-POSTROUTING -m comment --comment "kubernetes service traffic requiring SNAT" -j MASQUERADE --random-fully
            -A KUBE-SERVICES -s 127.0.0.0/8 -j RETURN
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port with endpoints on other nodes too" -m set --match-set KUBE-SHORT-CIRCUIT dst,dst -j KUBE-SHORT-CIRCUIT
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port of another host" -m set --match-set KUBE-UNBOUND dst,dst -j KUBE-UNBOUND
            -A KUBE-SERVICES -m comment --comment "Kubernetes service lb portal" -m set --match-set KUBE-LOAD-BALANCER dst,dst -j KUBE-LOAD-BALANCER
            -A KUBE-SERVICES -m comment --comment "Kubernetes service cluster ip + port for masquerade purpose" -m set --match-set KUBE-CLUSTER-IP src,dst -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port for masquerade and filter purpose" -m set --match-set KUBE-EXTERNAL-IP dst,dst -m addrtype --dst-type LOCAL -j ACCEPT
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port with externalTrafficPolicy=local" -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
            -A KUBE-SERVICES -m comment --comment "Kubernetes service external ip + port with externalTrafficPolicy=local" -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -m addrtype --dst-type LOCAL -j ACCEPT
            -A KUBE-SERVICES -m addrtype --dst-type LOCAL -j KUBE-NODE-PORT
            -A KUBE-SERVICES -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
            -A KUBE-SERVICES -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT
            -A KUBE-SHORT-CIRCUIT -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -m set ! --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -m set ! --match-set KUBE-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN
            -A KUBE-SHORT-CIRCUIT -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
            -A KUBE-SHORT-CIRCUIT -m addrtype --src-type LOCAL -j KUBE-SHORT-CIRCUIT-TO
            -A KUBE-UNBOUND -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -m set ! --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -m set ! --match-set KUBE-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN
            -A KUBE-UNBOUND -m set ! --match-set KUBE-UNBOUND-LOCAL dst,dst -j KUBE-MARK-MASQ
            -A KUBE-UNBOUND -m comment --comment "Kubernetes service external ip + port of another host with externalTrafficPolicy=local" -m set --match-set KUBE-UNBOUND-LOCAL dst,dst -m addrtype --src-type LOCAL -j KUBE-MARK-MASQ
            -A KUBE-UNBOUND -j KUBE-UNBOUND-TO
            COMMIT
            """);
    }

    @Test
    void filterOfIpv4() {
        LocalDetector pods = new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16"));
        assertThat(rules(pods).filter().text().text()).isEqualTo("""
            *filter
            :KUBE-FORWARD - [0:0]
            :KUBE-IPVS-FILTER - [0:0]
            :KUBE-NODE-PORT - [0:0]
            :KUBE-PROXY-FIREWALL - [0:0]
            :KUBE-SOURCE-RANGES-FIREWALL - [0:0]
            -A INPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-FILTER
            -A FORWARD -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
            -A INPUT -m comment --comment "kube-proxy firewall rules" -j KUBE-PROXY-FIREWALL
            -A INPUT -m comment --comment "kubernetes health check rules" -j KUBE-NODE-PORT
            -A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding rules" -m mark --mark 0x4000/0x4000 -j ACCEPT
            -A KUBE-FORWARD -m comment --comment "kubernetes forwarding conntrack rule" -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A KUBE-IPVS-FILTER -m comment --comment "Kubernetes service ip + port of SCTP without endpoints" -m set --match-set KUBE-SCTP-NO-ENDPOINTS dst,dst -m conntrack --ctstate NEW -j REJECT --reject-with icmp-port-unreachable
            -A KUBE-IPVS-FILTER -m comment --comment "Kubernetes service cluster ip + port without local endpoints" -m set --match-set KUBE-DROP-INTERNAL dst,dst -m conntrack --ctstate NEW -j DROP
            -A KUBE-IPVS-FILTER ! -s 10.244.0.0/16 -m comment --comment "Kubernetes service external ip + port without local endpoints" -m set --match-set KUBE-DROP-EXTERNAL dst,dst -m conntrack --ctstate NEW -j DROP
            -A KUBE-IPVS-FILTER -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-LOAD-BALANCER dst,dst -j ACCEPT
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-CLUSTER-IP dst,dst -j ACCEPT
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP dst,dst -j ACCEPT
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-EXTERNAL-IP-LOCAL dst,dst -j ACCEPT
            -A KUBE-IPVS-FILTER -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j RETURN
            -A KUBE-IPVS-FILTER -m conntrack --ctstate NEW -m set --match-set KUBE-IPVS-IPS dst -j REJECT --reject-with icmp-port-unreachable
            -A KUBE-IPVS-FILTER -p tcp -m comment --comment "kubernetes node ports" -m set --match-set KUBE-NODE-PORT-TCP dst -m addrtype --dst-type LOCAL -j ACCEPT
            -A KUBE-IPVS-FILTER -p udp -m comment --comment "kubernetes node ports" -m set --match-set KUBE-NODE-PORT-UDP dst -m addrtype --dst-type LOCAL -j ACCEPT
            -A KUBE-IPVS-FILTER -p sctp -m comment --comment "kubernetes node ports" -m set --match-set KUBE-NODE-PORT-SCTP-HASH dst,dst -m addrtype --dst-type LOCAL -j ACCEPT
            -A KUBE-NODE-PORT -m comment --comment "Kubernetes health check node port" -m set --match-set KUBE-HEALTH-CHECK-NODE-PORT dst -j ACCEPT
            -A KUBE-PROXY-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-LOAD-BALANCER-FW dst,dst -j KUBE-SOURCE-RANGES-FIREWALL
            -A KUBE-SOURCE-RANGES-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port + source cidr for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-CIDR dst,dst,src -j RETURN
            -A KUBE-SOURCE-RANGES-FIREWALL -m comment --comment "Kubernetes service load balancer ip + port + source IP for packet filter purpose" -m set --match-set KUBE-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN
            -A KUBE-SOURCE-RANGES-FIREWALL -j DROP
            COMMIT
            """);
    }

    @Test
    void mangleOfIpv6() {
        IpvsRules rules = new IpvsRules(IpvsConfig.defaults(IpFamily.IPV6), false);
        assertThat(rules.mangle().text().text()).isEqualTo("""
            *mangle
            :KUBE-IPVS-OUT-FILTER - [0:0]
            -A OUTPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-OUT-FILTER
            -A KUBE-IPVS-OUT-FILTER -m comment --comment "Kubernetes service cluster ip + port without local endpoints" -m set --match-set KUBE-6-DROP-INTERNAL dst,dst -m conntrack --ctstate NEW -j DROP
            -A KUBE-IPVS-OUT-FILTER -m comment --comment "Kubernetes service load balancer ip + port + source cidr for packet filter purpose" -m set --match-set KUBE-6-LOAD-BALANCER-SOURCE-CID dst,dst,src -j RETURN
            -A KUBE-IPVS-OUT-FILTER -m comment --comment "Kubernetes service load balancer ip + port + source IP for packet filter purpose" -m set --match-set KUBE-6-LOAD-BALANCER-SOURCE-IP dst,dst,src -j RETURN
            -A KUBE-IPVS-OUT-FILTER -m comment --comment "Kubernetes service load balancer ip + port for load balancer with sourceRange" -m set --match-set KUBE-6-LOAD-BALANCER-FW dst,dst -j DROP
            COMMIT
            """);
        assertThat(rules.filter().rules("KUBE-IPVS-FILTER").orElseThrow())
                .anyMatch(rule -> rule.text().endsWith("-j REJECT --reject-with icmp6-port-unreachable"));
        assertThat(rules.nat(ServiceRules.NONE)
                        .rules("KUBE-SERVICES")
                        .orElseThrow()
                        .getFirst()
                        .text())
                .isEqualTo("-s ::1/128 -j RETURN");
        assertThat(rules.nat(ServiceRules.NONE)
                        .rules("KUBE-POSTROUTING")
                        .orElseThrow()
                        .getLast()
                        .text())
                .endsWith("-j MASQUERADE");
    }

    static Stream<Arguments> detectors() {
        return Stream.of(
                Arguments.of(new LocalDetector.None(), false, "", "src,dst"),
                Arguments.of(new LocalDetector.None(), true, "", "dst,dst"),
                Arguments.of(
                        new LocalDetector.SourceCidr(Cidr.of("10.244.0.0/16")),
                        false,
                        "! -s 10.244.0.0/16 ",
                        "dst,dst"),
                Arguments.of(new LocalDetector.Bridge("cni0"), false, "! -i cni0 ", "dst,dst"),
                Arguments.of(new LocalDetector.InterfacePrefix("veth"), false, "! -i veth+ ", "dst,dst"),
                Arguments.of(new LocalDetector.InterfacePrefix("veth"), true, "", "dst,dst"));
    }

    @ParameterizedTest
    @MethodSource("detectors")
    void whatIsMasqueradedOnClusterAddresses(LocalDetector detector, boolean all, String match, String directions) {
        ConfigValues values = new ConfigValues(new ConfigSchema().with(List.of(), IpvsOptions.CONFIG.flags()));
        values.set("iptables.masqueradeAll", all);
        IpvsConfig config = new IpvsConfig(
                BackendConfig.defaults(IpFamily.IPV4).withLocalDetector(detector),
                IpvsOptions.read(new ConfigReader(values)));

        List<String> services = new IpvsRules(config, true)
                .nat(ServiceRules.NONE).rules("KUBE-SERVICES").orElseThrow().stream()
                        .map(Rule::text)
                        .toList();

        assertThat(services)
                .contains(match
                        + "-m comment --comment \"Kubernetes service cluster ip + port for masquerade purpose\" -m set"
                        + " --match-set KUBE-CLUSTER-IP " + directions + " -j KUBE-MARK-MASQ");
    }
}
