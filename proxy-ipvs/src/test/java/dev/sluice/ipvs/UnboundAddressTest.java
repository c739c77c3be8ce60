// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.AddressOwner;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Suspects;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.linux.ipvs.IpvsCommand;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** An external address that another node or an endpoint has is served, but never bound. */
class UnboundAddressTest {
    private static final String PEER = "192.168.7.11";
    private static final String RULE = "-d 192.168.7.11/32 -p tcp -m tcp --dport 80 -m comment --comment \"shop/web\""
            + " -j DNAT --to-destination 10.96.0.50:80";

    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.50", 80).externalIps(PEER);
    }

    private static ServicePorts ofPeer() {
        return web().owner(PEER, AddressOwner.NODE);
    }

    private static ResolvedPort with(ServicePorts service) {
        return resolved(service.build(), local("10.244.0.5", 8080), remote("10.244.1.7", 8080));
    }

    private List<String> rules() {
        return node.iptables.rules("nat", IpvsRules.UNBOUND_TO);
    }

    private List<String> shortCircuits() {
        return node.iptables.rules("nat", IpvsRules.SHORT_CIRCUIT_TO);
    }

    private void expectBound() throws Exception {
        assertThat(node.addresses()).containsExactlyInAnyOrder("10.96.0.50/32", PEER + "/32");
        assertThat(node.ipvsadm()).contains("-A -t 192.168.7.11:80");
        assertThat(node.sets.elements("KUBE-EXTERNAL-IP")).containsExactly("192.168.7.11,tcp:80");
        assertThat(node.sets.elements("KUBE-UNBOUND")).isEmpty();
        assertThat(rules()).isEmpty();
    }

    private void expectUnbound() throws Exception {
        assertThat(node.addresses()).containsExactly("10.96.0.50/32");
        assertThat(node.ipvsadm()).doesNotContain(PEER);
        assertThat(node.sets.elements("KUBE-EXTERNAL-IP")).isEmpty();
        assertThat(node.sets.elements("KUBE-IPVS-IPS")).containsExactly("10.96.0.50");
        assertThat(node.sets.elements("KUBE-UNBOUND")).containsExactly("192.168.7.11,tcp:80");
        assertThat(rules()).containsExactly(RULE);
    }

    @Test
    void itLeadsToTheClusterAddressAndIsReported() throws Exception {
        List<Problem> problems = node.put(with(ofPeer())).fullSync().problems();

        expectUnbound();
        assertThat(problems).singleElement().satisfies(problem -> {
            assertThat(problem.severity()).isEqualTo(Problem.Severity.IGNORED);
            assertThat(problem.field()).isEqualTo("spec.externalIPs");
            assertThat(problem.message()).startsWith("192.168.7.11 (an address of another node) is not bound");
        });
    }

    @Test
    void anOwnerThatComesUnbindsAndOneThatGoesBinds() throws Exception {
        node.put(with(web())).fullSync();
        expectBound();
        node.put(with(web().owner(PEER, AddressOwner.ENDPOINT))).sync();
        expectUnbound();
        node.put(with(web())).sync();
        expectBound();
    }

    @Test
    void anAddressThatAnEarlierProcessBoundIsUnbound() throws Exception {
        node.put(with(web())).fullSync();
        node.restart();
        node.put(with(ofPeer())).fullSync();
        expectUnbound();
    }

    @Test
    void aRestartWithoutAChangeSaysNothing() throws Exception {
        node.put(with(ofPeer())).fullSync();
        node.restart();
        node.resetCounters();
        node.put(with(ofPeer())).fullSync();
        assertThat(node.iptables.restores()).isZero();
        expectUnbound();
    }

    @Test
    void untilOtherNodesAreKnownNoMoreIsBoundThanIs() throws Exception {
        node.snapshot.knowsPeers(false);
        assertThat(node.put(with(web())).fullSync().problems()).isEmpty();
        expectUnbound();

        node.snapshot.knowsPeers(true);
        node.fullSync();
        expectBound();

        node.restart();
        node.snapshot.knowsPeers(false);
        node.fullSync();
        expectBound();
    }

    @Test
    void anAddressOfTheNodeItselfStaysAsItIs() throws Exception {
        node.put(with(ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .externalIps("192.168.7.10")
                        .owner("192.168.7.10", AddressOwner.ENDPOINT)))
                .fullSync();
        assertThat(node.ipvsadm()).contains("-A -t 192.168.7.10:80");
        assertThat(rules()).isEmpty();
    }

    /** What a Local policy makes of traffic from outside is decided at a node port, or at an address that is bound. */
    @ParameterizedTest
    @CsvSource({
        "30080, '',           192.168.7.10:30080",
        "0,     192.168.7.10, 192.168.7.10:80",
        "0,     203.0.113.11, 203.0.113.11:80",
    })
    void aLocalPolicyHoldsThere(int nodePort, String other, String to) throws Exception {
        ServicePorts service = ofPeer().nodePort(nodePort).externalPolicyLocal();
        node.put(with(other.isEmpty() ? service : service.externalIps(PEER, other)))
                .fullSync();

        assertThat(rules()).singleElement().asString().endsWith("--to-destination " + to);
        assertThat(node.sets.elements("KUBE-UNBOUND-LOCAL")).containsExactly("192.168.7.11,tcp:80");
        assertThat(shortCircuits())
                .as("the node and its Pods reach all endpoints")
                .contains(RULE);
        assertThat(node.sets.elements("KUBE-SHORT-CIRCUIT")).contains("192.168.7.11,tcp:80");
    }

    @Test
    void aLocalPolicyWithoutAnotherAddressIsForTheNodeAndItsPodsAlone() throws Exception {
        List<Problem> problems =
                node.put(with(ofPeer().externalPolicyLocal())).fullSync().problems();

        assertThat(rules()).isEmpty();
        assertThat(node.sets.elements("KUBE-UNBOUND")).isEmpty();
        assertThat(shortCircuits()).containsExactly(RULE);
        assertThat(problems).singleElement().satisfies(problem -> {
            assertThat(problem.severity()).isEqualTo(Problem.Severity.SKIPPED);
            assertThat(problem.message()).contains("for this node and its Pods only", "that takes a node port");
        });
        assertThat(node.addresses()).containsExactly("10.96.0.50/32");
    }

    @Test
    void sourceRangesAreCheckedBeforeTheTranslation() throws Exception {
        node.put(with(ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                        .loadBalancer(PEER)
                        .owner(PEER, AddressOwner.NODE)
                        .sourceRanges("192.168.7.0/24")))
                .fullSync();

        assertThat(rules()).containsExactly(RULE);
        assertThat(node.sets.elements("KUBE-LOAD-BALANCER-FW")).containsExactly("192.168.7.11,tcp:80");
        assertThat(node.sets.elements("KUBE-LOAD-BALANCER-SOURCE-CIDR"))
                .containsExactly("192.168.7.11,tcp:80,192.168.7.0/24");
        assertThat(node.sets.elements("KUBE-LOAD-BALANCER-SOURCE-IP"))
                .as("the address is not the source of what the node sends")
                .isEmpty();
    }

    @Test
    void thePortsOfAServiceAreReportedOnce() throws Exception {
        ServicePorts second = ServicePorts.tcp("shop/web:b", "10.96.0.50", 81).externalIps(PEER);
        List<Problem> problems = node.put(with(ofPeer()))
                .put(with(second.owner(PEER, AddressOwner.NODE)))
                .fullSync()
                .problems();
        assertThat(problems).hasSize(1);
        assertThat(rules()).hasSize(2);
    }

    @Test
    void ofManyAddressesAFewAreNamed() throws Exception {
        ServicePorts service = ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                .loadBalancer("192.168.7.10", "192.168.7.11", "192.168.7.12", "192.168.7.13", "192.168.7.14");
        for (int i = 11; i < 15; i++) {
            service.owner("192.168.7." + i, AddressOwner.NODE);
        }
        assertThat(node.put(with(service)).fullSync().problems())
                .singleElement()
                .satisfies(problem -> {
                    assertThat(problem.field()).isEqualTo("status.loadBalancer.ingress");
                    assertThat(problem.message())
                            .startsWith("192.168.7.11 (an address of another node), ")
                            .contains("192.168.7.13 (an address of another node) and 1 more are not bound");
                });
    }

    @Test
    void aVirtualServerOfAnotherProgramAtTheAddressStays() throws Exception {
        VirtualServerKey key = new VirtualServerKey(Protocol.TCP, IpAddress.of(PEER), 80);
        node.ipvs.apply(List.of(
                new IpvsCommand.AddVirtualServer(new VirtualServer(key, "rr", 0, 0)),
                new IpvsCommand.AddRealServer(key, new RealServer(IpAddress.of("10.9.9.9"), 80, 1))));
        node.put(with(ofPeer())).fullSync();
        assertThat(node.ipvsadm()).contains("-a -t 192.168.7.11:80 -r 10.9.9.9:80");
        node.backend().cleanUp();
        assertThat(node.ipvsadm())
                .isEqualTo("-A -t 192.168.7.11:80 -s rr\n-a -t 192.168.7.11:80 -r 10.9.9.9:80 -m -w 1\n");
    }

    @Test
    void aDeletedRuleIsRepaired() throws Exception {
        node.put(with(ofPeer())).fullSync();
        node.iptables.restore("*nat\n:" + IpvsRules.UNBOUND_TO + " - [0:0]\nCOMMIT\n");
        assertThat(rules()).isEmpty();
        node.backend().repair(node.snapshot, Suspects.all());
        assertThat(rules()).containsExactly(RULE);
    }

    @Test
    void aDeletedServiceAndTheCleanUpLeaveNothing() throws Exception {
        node.put(with(ofPeer())).fullSync();
        node.snapshot.remove(with(web()).name());
        node.sync();
        assertThat(rules()).isEmpty();
        assertThat(node.sets.elements("KUBE-UNBOUND")).isEmpty();

        node.put(with(ofPeer().nodePort(30080).externalPolicyLocal())).sync();
        node.backend().cleanUp();
        assertThat(node.sets.names()).isEmpty();
        assertThat(node.iptables.inForce("nat").chains()).noneMatch(chain -> chain.startsWith("KUBE-"));
    }

    @Test
    void theOtherFamilyWritesItsOwnText() throws Exception {
        TestNode six = new TestNode(IpFamily.IPV6);
        six.put(resolved(
                        ServicePorts.udp("dns/dns", "fd00:96::10", 53)
                                .externalIps("fd00:7::11")
                                .owner("fd00:7::11", AddressOwner.NODE)
                                .build(),
                        remote("fd00:244:1::7", 5353)))
                .fullSync();
        assertThat(six.iptables.rules("nat", IpvsRules.UNBOUND_TO))
                .containsExactly("-d fd00:7::11/128 -p udp -m udp --dport 53 -m comment --comment \"dns/dns\""
                        + " -j DNAT --to-destination [fd00:96::10]:53");
        assertThat(six.sets.elements("KUBE-6-UNBOUND")).containsExactly("fd00:7::11,udp:53");
    }
}
