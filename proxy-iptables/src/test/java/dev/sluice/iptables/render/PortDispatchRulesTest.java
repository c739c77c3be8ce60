// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.notReady;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpFamily;
import dev.sluice.iptables.config.IptablesConfig;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of a port in the shared chains, for each of its addresses and each verdict. */
class PortDispatchRulesTest {
    private static final List<Endpoint> HERE = List.of(local("10.244.1.5", 8080));
    private static final List<Endpoint> ELSEWHERE = List.of(remote("10.244.2.7", 8080));
    private static final List<Endpoint> NONE = List.of(notReady("10.244.2.7", 8080));
    private static final List<Endpoint> HERE6 = List.of(local("fd00:244::5", 8080));
    private static final String H = "67NZLRHBNDSAWJRO";
    private static final String U = "Y4HFYFQBPIOMX2AV";

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    private static Arguments row(String what, ServicePorts port, List<Endpoint> endpoints, String... rules) {
        return Arguments.of(what, port, endpoints, List.of(rules));
    }

    static Stream<Arguments> clusterAddress() {
        return Stream.of(
                row(
                        "forwarded",
                        web(),
                        HERE,
                        "nat KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment \"shop/web:http cluster IP\""
                                + " -m tcp --dport 80 -j KUBE-SVC-" + H),
                row(
                        "forwarded under the Local policy",
                        web().internalPolicyLocal(),
                        HERE,
                        "nat KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment \"shop/web:http cluster IP\""
                                + " -m tcp --dport 80 -j KUBE-SVL-" + H),
                row(
                        "rejected",
                        web(),
                        NONE,
                        "filter KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment \"shop/web:http has no"
                                + " endpoints\" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable"),
                row(
                        "rejected under the Local policy",
                        web().internalPolicyLocal(),
                        NONE,
                        "filter KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment \"shop/web:http has no"
                                + " endpoints\" -m tcp --dport 80 -j REJECT --reject-with icmp-port-unreachable"),
                row(
                        "dropped",
                        web().internalPolicyLocal(),
                        ELSEWHERE,
                        "filter KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m comment --comment"
                                + " \"shop/web:http has no local endpoints\" -m tcp --dport 80 -j DROP"),
                row(
                        "rejected in IPv6",
                        ServicePorts.udp("shop/web", "fd00:96::50", 53),
                        List.of(),
                        "filter KUBE-SERVICES -d fd00:96::50/128 -p udp -m comment --comment \"shop/web has no"
                                + " endpoints\" -m udp --dport 53 -j REJECT --reject-with icmp6-port-unreachable"),
                row(
                        "SCTP over IPv6",
                        ServicePorts.sctp("shop/web:http", "fd00:96::50", 80),
                        HERE6,
                        "nat KUBE-SERVICES -d fd00:96::50/128 -p sctp -m comment --comment \"shop/web:http cluster IP\""
                                + " -m sctp --dport 80 -j KUBE-SVC-" + U));
    }

    static Stream<Arguments> externalAddresses() {
        String ext = "-d 192.0.2.7/32 -p tcp -m comment --comment \"shop/web:http ";
        return Stream.of(
                row(
                        "external IP",
                        web().externalIps("192.0.2.7"),
                        HERE,
                        "nat KUBE-SERVICES " + ext + "external IP\" -m tcp --dport 80 -j KUBE-EXT-" + H),
                row(
                        "external IP, Local, none here",
                        web().externalIps("192.0.2.7").externalPolicyLocal(),
                        ELSEWHERE,
                        "nat KUBE-SERVICES " + ext + "external IP\" -m tcp --dport 80 -j KUBE-EXT-" + H,
                        "filter KUBE-EXTERNAL-SERVICES " + ext + "has no local endpoints\" -m tcp --dport 80 -j DROP"),
                row(
                        "external IP, none",
                        web().externalIps("192.0.2.7"),
                        NONE,
                        "filter KUBE-EXTERNAL-SERVICES " + ext + "has no endpoints\" -m tcp --dport 80 -j REJECT"
                                + " --reject-with icmp-port-unreachable"),
                row(
                        "load balancer",
                        web().loadBalancer("192.0.2.7"),
                        HERE,
                        "nat KUBE-SERVICES " + ext + "loadbalancer IP\" -m tcp --dport 80 -j KUBE-EXT-" + H),
                row(
                        "load balancer with ranges",
                        web().loadBalancer("192.0.2.7").sourceRanges("10.0.0.0/8"),
                        HERE,
                        "nat KUBE-SERVICES " + ext + "loadbalancer IP\" -m tcp --dport 80 -j KUBE-FW-" + H,
                        "filter KUBE-PROXY-FIREWALL " + ext + "traffic not accepted by KUBE-FW-" + H
                                + "\" -m tcp --dport 80 -j DROP"),
                row(
                        "load balancer with ranges, Local, none here",
                        web().loadBalancer("192.0.2.7")
                                .sourceRanges("10.0.0.0/8")
                                .externalPolicyLocal(),
                        ELSEWHERE,
                        "nat KUBE-SERVICES " + ext + "loadbalancer IP\" -m tcp --dport 80 -j KUBE-FW-" + H,
                        "filter KUBE-PROXY-FIREWALL " + ext + "traffic not accepted by KUBE-FW-" + H
                                + "\" -m tcp --dport 80 -j DROP",
                        "filter KUBE-EXTERNAL-SERVICES " + ext + "has no local endpoints\" -m tcp --dport 80 -j DROP"),
                row(
                        "load balancer with ranges, none",
                        web().loadBalancer("192.0.2.7").sourceRanges("10.0.0.0/8"),
                        NONE,
                        "filter KUBE-EXTERNAL-SERVICES " + ext + "has no endpoints\" -m tcp --dport 80 -j REJECT"
                                + " --reject-with icmp-port-unreachable"));
    }

    static Stream<Arguments> nodePorts() {
        String np = "-p tcp -m comment --comment \"shop/web:http";
        return Stream.of(
                row(
                        "node port",
                        web().nodePort(30080),
                        HERE,
                        "nat KUBE-NODEPORTS " + np + "\" -m tcp --dport 30080 -j KUBE-EXT-" + H),
                row(
                        "node port, Local, none here",
                        web().nodePort(30080).externalPolicyLocal(),
                        ELSEWHERE,
                        "nat KUBE-NODEPORTS " + np + "\" -m tcp --dport 30080 -j KUBE-EXT-" + H,
                        "filter KUBE-EXTERNAL-SERVICES " + np + " has no local endpoints\" -m addrtype --dst-type LOCAL"
                                + " -m tcp --dport 30080 -j DROP"),
                row(
                        "node port, none",
                        web().nodePort(30080),
                        NONE,
                        "filter KUBE-EXTERNAL-SERVICES " + np + " has no endpoints\" -m addrtype --dst-type LOCAL"
                                + " -m tcp --dport 30080 -j REJECT --reject-with icmp-port-unreachable"),
                row(
                        "health check node port",
                        web().healthCheckNodePort(32000),
                        HERE,
                        "filter KUBE-NODEPORTS " + np + " health check node port\" -m tcp --dport 32000 -j ACCEPT"),
                row(
                        "health check node port, none",
                        web().healthCheckNodePort(32000),
                        NONE,
                        "filter KUBE-NODEPORTS " + np + " health check node port\" -m tcp --dport 32000 -j ACCEPT"));
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("clusterAddress")
    void clusterAddress(String what, ServicePorts port, List<Endpoint> endpoints, List<String> rules) {
        assertThat(render(port, endpoints)).containsExactlyElementsOf(rules);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource({"externalAddresses", "nodePorts"})
    void otherDestinations(String what, ServicePorts port, List<Endpoint> endpoints, List<String> rules) {
        assertThat(render(port, endpoints).stream().filter(rule -> !rule.contains("10.96.0.50")))
                .containsExactlyElementsOf(rules);
    }

    private static List<String> render(ServicePorts port, List<Endpoint> endpoints) {
        var built = resolved(port.build(), endpoints);
        IpFamily family = built.family();
        var rendered = PortRules.render(new RenderContext(IptablesConfig.defaults(family), null, true), built);
        return Stream.concat(
                        rendered.nat().stream().map(rule -> "nat " + rule.chain() + " " + rule.spec()),
                        rendered.filter().stream().map(rule -> "filter " + rule.chain() + " " + rule.spec()))
                .toList();
    }
}
