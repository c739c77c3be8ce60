// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class IpvsBackendTest {
    private static ResolvedPort web(String... endpoints) {
        List<Endpoint> list = new ArrayList<>();
        for (String endpoint : endpoints) {
            list.add(remote(endpoint, 8080));
        }
        return resolved(
                ServicePorts.tcp("shop/web:http", "10.96.0.50", 80)
                        .nodePort(30080)
                        .build(),
                list);
    }

    @Test
    void theFirstSyncSaysEverythingOnce() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(web("10.244.1.7", "10.244.1.8"));

        SyncReport report = node.fullSync();

        assertThat(node.ipvsadm()).isEqualTo("""
            -A -t 10.244.0.1:30080 -s rr
            -a -t 10.244.0.1:30080 -r 10.244.1.7:8080 -m -w 1
            -a -t 10.244.0.1:30080 -r 10.244.1.8:8080 -m -w 1
            -A -t 10.96.0.50:80 -s rr
            -a -t 10.96.0.50:80 -r 10.244.1.7:8080 -m -w 1
            -a -t 10.96.0.50:80 -r 10.244.1.8:8080 -m -w 1
            -A -t 192.168.7.10:30080 -s rr
            -a -t 192.168.7.10:30080 -r 10.244.1.7:8080 -m -w 1
            -a -t 192.168.7.10:30080 -r 10.244.1.8:8080 -m -w 1
            """);
        assertThat(node.addresses()).containsExactly("10.96.0.50/32");
        assertThat(report.full()).isTrue();
        assertThat(report.problems()).isEmpty();
        assertThat(report.applied())
                .containsEntry(ObjectKind.of("ipvs.virtual_servers"), 3L)
                .containsEntry(ObjectKind.of("ipvs.real_servers"), 6L);
        // two for the probe of the scheduler, three virtual servers, six real servers
        assertThat(node.ipvs.messages()).isEqualTo(2 + 3 + 6);
        assertThat(node.links.messages()).isEqualTo(1);
        // IPVS-IPS, CLUSTER-IP, two servers of the node port, NODE-PORT-TCP
        assertThat(node.sets.log()).hasSize(5);
        assertThat(node.iptables.restores()).isEqualTo(1);
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aSecondFullSyncSaysNothing(IpFamily family) throws Exception {
        TestNode node = new TestNode(family).put(mixed(family));
        node.fullSync();
        node.resetCounters();

        SyncReport report = node.fullSync();

        assertThat(report.cost().messages()).isZero();
        assertThat(report.cost().bytes()).isZero();
        assertThat(node.ipvs.log()).isEmpty();
        assertThat(node.sets.log()).isEmpty();
        assertThat(node.links.messages()).isZero();
        assertThat(node.iptables.restores()).isZero();
    }

    private static ResolvedPort mixed(IpFamily family) {
        return family == IpFamily.IPV4
                ? resolved(
                        ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                                .nodePort(30080)
                                .externalIps("203.0.113.9")
                                .loadBalancer("203.0.113.10")
                                .sourceRanges("198.51.100.0/24")
                                .build(),
                        local("10.244.0.5", 8080))
                : resolved(
                        ServicePorts.tcp("shop/web", "fd00:96::50", 80)
                                .nodePort(30080)
                                .externalIps("2001:db8::9")
                                .loadBalancer("2001:db8::10")
                                .sourceRanges("2001:db8:1::/48")
                                .build(),
                        local("fd00:244::5", 8080));
    }

    @Test
    void aChangeReadsNothingAndCostsTheSameAtAnySize() throws Exception {
        assertThat(costOfOneChange(50)).isEqualTo(costOfOneChange(5_000));
    }

    private static List<Long> costOfOneChange(int services) throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(web("10.244.1.7"));
        for (int i = 0; i < services; i++) {
            String address = "10.100." + i / 250 + "." + (i % 250 + 1);
            node.put(resolved(
                    ServicePorts.tcp("many/s" + i, address, 80).build(), remote("10.244.2." + (i % 250 + 1), 80)));
        }
        node.fullSync();
        node.resetCounters();

        SyncReport report = node.put(web("10.244.1.7", "10.244.1.9")).sync();

        assertThat(report.full()).isFalse();
        assertThat(node.ipvs.dumps() + node.sets.lists() + node.links.dumps() + node.iptables.saves())
                .isZero();
        assertThat(node.iptables.restores()).isZero();
        assertThat(report.cost().messages())
                .as("one new destination on three virtual servers")
                .isEqualTo(3);
        return List.of(report.cost().messages(), report.cost().bytes());
    }

    /** Trap 46. */
    @Test
    void aNewServiceIsWholeBeforeItsAddressIsBound() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.fullSync();
        List<String> seenAtBind = new ArrayList<>();
        node.links.refuse(address -> {
            seenAtBind.add(node.ipvsadm() + KernelText.ipset(node.sets));
            return false;
        });

        node.put(resolved(
                        ServicePorts.tcp("shop/web", "10.96.0.50", 80).build(),
                        local("10.244.0.5", 8080),
                        remote("10.244.1.7", 8080)))
                .sync();

        assertThat(seenAtBind).containsExactly("""
            -A -t 10.96.0.50:80 -s rr
            -a -t 10.96.0.50:80 -r 10.244.0.5:8080 -m -w 1
            -a -t 10.96.0.50:80 -r 10.244.1.7:8080 -m -w 1
            add KUBE-CLUSTER-IP 10.96.0.50,tcp:80
            add KUBE-IPVS-IPS 10.96.0.50
            add KUBE-LOOP-BACK 10.244.0.5,tcp:8080,10.244.0.5
            """);
    }

    @Test
    void aRemovedServiceLeavesNothing() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.fullSync();
        List<String> before = node.dump();
        node.put(mixed(IpFamily.IPV4)).sync();
        assertThat(node.dump()).isNotEqualTo(before);

        node.snapshot.remove(ServicePorts.name(Protocol.TCP, "shop/web"));
        SyncReport report = node.sync();

        assertThat(node.dump()).isEqualTo(before);
        assertThat(report.applied())
                .containsEntry(ObjectKind.of("ipvs.virtual_servers"), 0L)
                .containsEntry(ObjectKind.of("ipvs.real_servers"), 0L);
    }

    @Test
    void anAddressOfSeveralPortsStaysUntilTheLastOneGoes() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4)
                .put(resolved(
                        ServicePorts.tcp("shop/web:http", "10.96.0.50", 80).build()))
                .put(resolved(
                        ServicePorts.tcp("shop/web:https", "10.96.0.50", 443).build()));
        node.fullSync();

        node.snapshot.remove(ServicePorts.name(Protocol.TCP, "shop/web:http"));
        node.sync();
        assertThat(node.addresses()).containsExactly("10.96.0.50/32");
        assertThat(node.ipvsadm()).isEqualTo("-A -t 10.96.0.50:443 -s rr\n");

        node.snapshot.remove(ServicePorts.name(Protocol.TCP, "shop/web:https"));
        node.sync();
        assertThat(node.addresses()).isEmpty();
        assertThat(node.ipvsadm()).isEmpty();
    }

    @Test
    void aChangedAffinityKeepsTheDestinations() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(web("10.244.1.7"));
        node.fullSync();
        node.resetCounters();

        node.put(resolved(
                        ServicePorts.tcp("shop/web:http", "10.96.0.50", 80)
                                .nodePort(30080)
                                .affinity(300)
                                .build(),
                        remote("10.244.1.7", 8080)))
                .sync();

        assertThat(node.ipvs.log())
                .hasSize(3)
                .allSatisfy(c -> assertThat(c.toString()).startsWith("SET_SERVICE"));
        assertThat(node.ipvsadm()).contains("-A -t 10.96.0.50:80 -s rr -p 300\n");
    }

    @Test
    void anAddedNodeAddressServesNodePortsAfterAFullSync() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(web("10.244.1.7"));
        node.fullSync();
        node.links.address("eth0", "192.168.7.11", 24);
        node.links.removeAddress("cni0", "10.244.0.1");

        node.fullSync();

        assertThat(node.ipvsadm()).contains("192.168.7.11:30080").doesNotContain("10.244.0.1:30080");
        assertThat(node.sets.elements("KUBE-IPVS-NODE-PORT"))
                .containsExactly("192.168.7.10,tcp:30080", "192.168.7.11,tcp:30080");
    }

    @Test
    void ofTwoServicesWithOneAddressTheFirstByNameHasItWhateverTheOrder() throws Exception {
        ResolvedPort a = resolved(
                ServicePorts.tcp("a/a", "10.96.0.1", 80)
                        .externalIps("203.0.113.5")
                        .build(),
                remote("10.244.1.1", 80));
        ResolvedPort b = resolved(
                ServicePorts.tcp("b/b", "10.96.0.2", 80)
                        .externalIps("203.0.113.5")
                        .build(),
                remote("10.244.1.2", 80));
        TestNode node = new TestNode(IpFamily.IPV4).put(b);
        node.fullSync();

        SyncReport report = node.put(a).sync();

        assertThat(node.ipvsadm())
                .contains("-a -t 203.0.113.5:80 -r 10.244.1.1:80 -m -w 1\n")
                .doesNotContain("-a -t 203.0.113.5:80 -r 10.244.1.2:80 -m -w 1\n");
        assertThat(report.problems()).singleElement().satisfies(p -> {
            assertThat(p.object()).hasToString("Service b/b");
            assertThat(p.message()).contains("203.0.113.5:80/TCP belongs to Service a/a");
        });

        node.snapshot.remove(a.name());
        assertThat(node.sync().problems()).isEmpty();
        assertThat(node.ipvsadm()).contains("-a -t 203.0.113.5:80 -r 10.244.1.2:80 -m -w 1\n");
        assertThat(node.addresses()).contains("203.0.113.5/32");
    }
}
