// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.rules;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.SyncException;
import dev.sluice.ipvs.TestNode;
import dev.sluice.testkit.model.ServicePorts;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Under a Local policy the node and its Pods reach all endpoints, whatever the virtual server of the outside has. */
class ShortCircuitTest {
    private static final Endpoint HERE = local("10.244.0.5", 8080);
    private static final Endpoint THERE = remote("10.244.1.7", 8080);
    private static final String RULE = "-d 203.0.113.10/32 -p tcp -m tcp --dport 80 -m comment --comment \"shop/web\""
            + " -j DNAT --to-destination 10.96.0.50:80";

    private final TestNode node = new TestNode(IpFamily.IPV4);

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.50", 80).externalIps("203.0.113.10");
    }

    private static ResolvedPort localPolicy(Endpoint... endpoints) {
        return resolved(web().externalPolicyLocal().build(), endpoints);
    }

    private List<String> rules() {
        return node.iptables.rules("nat", IpvsRules.SHORT_CIRCUIT_TO);
    }

    private Set<String> elements() {
        return Set.copyOf(node.sets.elements("KUBE-SHORT-CIRCUIT"));
    }

    @Test
    void itLeadsToTheClusterAddressWhileBothKindsOfEndpointsExist() throws Exception {
        node.put(localPolicy(HERE, THERE)).fullSync();
        assertThat(rules()).containsExactly(RULE);
        assertThat(elements()).containsExactly("203.0.113.10,tcp:80");

        node.put(localPolicy(HERE)).sync();
        assertThat(rules()).as("all endpoints are local").isEmpty();
        assertThat(elements()).isEmpty();

        node.put(localPolicy(HERE, THERE)).sync();
        assertThat(rules()).containsExactly(RULE);

        node.put(localPolicy(THERE)).sync();
        assertThat(rules()).as("the virtual server has all endpoints itself").isEmpty();
    }

    @Test
    void nodePortsHaveItAtEachAddress() throws Exception {
        node.put(resolved(
                        ServicePorts.udp("dns/dns", "10.96.0.10", 53)
                                .nodePort(30053)
                                .externalPolicyLocal()
                                .build(),
                        HERE,
                        THERE))
                .fullSync();
        assertThat(rules())
                .allMatch(r -> r.contains("-p udp -m udp --dport 30053"))
                .allMatch(r -> r.endsWith("--to-destination 10.96.0.10:53"))
                .anyMatch(r -> r.startsWith("-d 192.168.7.10/32 "))
                .anyMatch(r -> r.startsWith("-d 10.244.0.1/32 "));
    }

    @Test
    void anInternalLocalPolicyLeavesNowhereToLead() throws Exception {
        node.put(resolved(web().externalPolicyLocal().internalPolicyLocal().build(), HERE, THERE))
                .fullSync();
        assertThat(rules()).isEmpty();
        assertThat(elements()).isEmpty();
    }

    @Test
    void aChangeWritesThatChainAloneAndOthersNoRule() throws Exception {
        node.put(localPolicy(HERE)).fullSync();
        node.resetCounters();
        node.put(localPolicy(HERE, THERE)).sync();
        assertThat(node.iptables.saves()).isZero();
        assertThat(node.iptables.lastInput())
                .isEqualTo("*nat\n:KUBE-SHORT-CIRCUIT-TO - [0:0]\n-A KUBE-SHORT-CIRCUIT-TO " + RULE + "\nCOMMIT\n");

        node.resetCounters();
        node.put(localPolicy(HERE, THERE, remote("10.244.1.8", 8080))).sync();
        node.put(resolved(ServicePorts.tcp("shop/other", "10.96.0.51", 80).build(), HERE, THERE))
                .sync();
        assertThat(node.iptables.restores()).isZero();
    }

    @Test
    void aServiceThatGoesTakesItAlong() throws Exception {
        node.put(localPolicy(HERE, THERE)).fullSync();
        node.snapshot.remove(localPolicy().name());
        node.sync();
        assertThat(rules()).isEmpty();
        assertThat(elements()).isEmpty();
    }

    @Test
    void aRestartFindsItInForce() throws Exception {
        node.put(localPolicy(HERE, THERE)).fullSync();
        node.restart();
        node.resetCounters();
        node.put(localPolicy(HERE, THERE)).fullSync();
        assertThat(node.iptables.restores()).isZero();
        node.put(localPolicy(HERE)).sync();
        assertThat(rules()).isEmpty();
    }

    @Test
    void refusedRulesAreWrittenByTheNextSync() throws Exception {
        node.put(localPolicy(HERE)).fullSync();
        node.iptables.failNextRestore("iptables-restore: line 2 failed");
        node.put(localPolicy(HERE, THERE));
        assertThatExceptionOfType(SyncException.class).isThrownBy(node::sync).withMessageContaining("line 2 failed");
        assertThat(node.ipvsadm()).as("the rest is in force").contains("-a -t 10.96.0.50:80 -r 10.244.1.7:8080");
        node.sync();
        assertThat(rules()).containsExactly(RULE);
    }

    @Test
    void theOtherFamilyWritesItsOwnText() throws Exception {
        TestNode six = new TestNode(IpFamily.IPV6);
        six.put(resolved(
                        ServicePorts.tcp("shop/web", "fd00:96::50", 80)
                                .externalIps("2001:db8:113::10")
                                .externalPolicyLocal()
                                .build(),
                        local("fd00:244::5", 8080),
                        remote("fd00:244:1::7", 8080)))
                .fullSync();
        assertThat(six.iptables.rules("nat", IpvsRules.SHORT_CIRCUIT_TO))
                .singleElement()
                .asString()
                .startsWith("-d 2001:db8:113::10/128 -p tcp")
                .endsWith("--to-destination [fd00:96::50]:80");
    }
}
