// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs;

import static dev.sluice.testkit.model.Endpoints.local;
import static dev.sluice.testkit.model.Endpoints.remote;
import static dev.sluice.testkit.model.Endpoints.resolved;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.ipvs.config.IpvsConfig;
import dev.sluice.ipvs.config.IpvsOptions;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.ipvs.IpvsCommand.AddRealServer;
import dev.sluice.linux.ipvs.IpvsCommand.AddVirtualServer;
import dev.sluice.linux.ipvs.RealServer;
import dev.sluice.linux.ipvs.VirtualServer;
import dev.sluice.linux.ipvs.VirtualServerKey;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What a start finds in the kernel: its own objects from before, kube-proxy's, and foreign ones. */
class AdoptionTest {
    private static ResolvedPort web(IpFamily family) {
        return family == IpFamily.IPV4
                ? resolved(
                        ServicePorts.tcp("shop/web", "10.96.0.50", 80)
                                .nodePort(30080)
                                .loadBalancer("192.168.7.10", "203.0.113.10")
                                .sourceRanges("198.51.100.0/24")
                                .build(),
                        local("10.244.0.5", 8080),
                        remote("10.244.1.7", 8080))
                : resolved(
                        ServicePorts.tcp("shop/web", "fd00:96::50", 80)
                                .nodePort(30080)
                                .loadBalancer("fd00:7::10", "2001:db8::10")
                                .sourceRanges("2001:db8:1::/48")
                                .build(),
                        local("fd00:244::5", 8080),
                        remote("fd00:244:1::7", 8080));
    }

    private static void foreign(TestNode node, String address, int port) throws Exception {
        VirtualServerKey key = new VirtualServerKey(Protocol.TCP, IpAddress.of(address), port);
        IpAddress server = IpAddress.of(key.family() == IpFamily.IPV4 ? "192.0.2.7" : "2001:db8:2::7");
        assertThat(node.ipvs
                        .apply(List.of(
                                new AddVirtualServer(new VirtualServer(key, "wlc", 0, 0)),
                                new AddRealServer(key, new RealServer(server, port, 3))))
                        .failures())
                .isEmpty();
    }

    /** Trap 25. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aRestartWithoutAChangeSaysNothing(IpFamily family) throws Exception {
        TestNode node = new TestNode(family).put(web(family));
        SyncReport first = node.fullSync();
        node.resetCounters();

        node.restart();
        SyncReport report = node.fullSync();

        assertThat(node.ipvs.log()).isEmpty();
        assertThat(node.sets.log()).isEmpty();
        assertThat(node.links.messages()).isZero();
        assertThat(node.iptables.restores()).isZero();
        assertThat(report.cost().messages()).isZero();
        assertThat(report.applied()).isEqualTo(first.applied());
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void whatBecameStaleWhileNobodyWatchedGoes(IpFamily family) throws Exception {
        TestNode node = new TestNode(family);
        node.fullSync();
        List<String> empty = node.dump();
        node.put(web(family));
        node.fullSync();

        node.restart();
        node.snapshot.remove(web(family).name());
        node.fullSync();

        assertThat(node.dump()).isEqualTo(empty);
    }

    /** Trap 24. */
    @Test
    void virtualServersOfOthersAreNeverTouched() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        foreign(node, "192.168.7.10", 25);
        foreign(node, "198.18.0.1", 80);
        foreign(node, "2001:db8::77", 80);
        String others = node.ipvsadm();

        node.put(web(IpFamily.IPV4));
        node.fullSync();
        node.fullSync();
        node.snapshot.remove(web(IpFamily.IPV4).name());
        node.sync();
        node.restart();
        node.fullSync();
        assertThat(node.ipvsadm()).isEqualTo(others);

        node.backend().cleanUp();
        assertThat(node.ipvsadm()).isEqualTo(others);
    }

    @Test
    void staleServersInExcludedRangesStay() throws Exception {
        IpvsOptions options = new IpvsOptions(
                "rr",
                List.of(Cidr.of("203.0.113.0/24")),
                false,
                Duration.ZERO,
                Duration.ZERO,
                Duration.ZERO,
                IpvsOptions.DEFAULT.masquerade());
        IpvsConfig config = TestNode.withOptions(IpvsConfig.defaults(IpFamily.IPV4), options);
        TestNode node = new TestNode(config).put(web(IpFamily.IPV4));
        node.fullSync();

        node.restart();
        node.snapshot.remove(web(IpFamily.IPV4).name());
        node.fullSync();

        assertThat(node.ipvsadm()).startsWith("-A -t 203.0.113.10:80").doesNotContain("10.96.0.50", "192.168.7.10");
    }

    @Test
    void whatKubeProxyLeftIsTakenOver() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.links.createDummy("kube-ipvs0");
        node.links.address("kube-ipvs0", "10.96.0.50", 32).address("kube-ipvs0", "10.96.0.99", 32);
        foreign(node, "10.96.0.50", 80);
        foreign(node, "10.96.0.99", 80);
        foreign(node, "192.168.7.10", 30099);
        foreign(node, "192.168.7.10", 25);
        node.sets.create(KubeSet.NODE_PORT_TCP.in(IpFamily.IPV4));
        node.sets.apply(
                List.of(new SetChange(KubeSet.NODE_PORT_TCP.in(IpFamily.IPV4), new SetEntry.Port(30099), true)));
        node.iptables.byOthers("""
            *filter
            :KUBE-IPVS-OUT-FILTER - [0:0]
            -I OUTPUT -m comment --comment "kubernetes ipvs access filter" -j KUBE-IPVS-OUT-FILTER
            COMMIT
            """);

        node.put(web(IpFamily.IPV4));
        node.fullSync();

        assertThat(node.ipvsadm())
                .contains("-A -t 10.96.0.50:80 -s rr\n-a -t 10.96.0.50:80 -r 10.244.0.5:8080 -m -w 1\n")
                .contains("-A -t 192.168.7.10:25 -s wlc\n")
                .doesNotContain("10.96.0.99", "30099");
        assertThat(node.addresses()).containsExactly("10.96.0.50/32", "203.0.113.10/32");
        assertThat(node.links.addresses())
                .as("so that MASQUERADE does not choose them")
                .filteredOn(a -> a.linkName().equals("kube-ipvs0"))
                .allMatch(a -> a.deprecated());
        assertThat(node.sets.elements("KUBE-NODE-PORT-TCP")).containsExactly("30080");
        assertThat(node.iptables.inForce("filter").has("KUBE-IPVS-OUT-FILTER")).isFalse();
    }

    @Test
    void iptablesRulesServeUntilTheVirtualServersDo() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.iptables.byOthers("""
            *nat
            :KUBE-SERVICES - [0:0]
            :KUBE-SVC-67NZLRHBNDSAWJRO - [0:0]
            -A PREROUTING -m comment --comment "kubernetes service portals" -j KUBE-SERVICES
            -A KUBE-SERVICES -d 10.96.0.50/32 -p tcp -m tcp --dport 80 -j KUBE-SVC-67NZLRHBNDSAWJRO
            COMMIT
            """);
        List<String> servedWhenRulesEnd = new ArrayList<>();
        node.iptables.refuse(rule -> {
            if (rule.contains("MASQUERADE")) {
                servedWhenRulesEnd.add(node.ipvsadm() + node.addresses());
            }
            return false;
        });

        node.put(web(IpFamily.IPV4));
        node.fullSync();

        assertThat(servedWhenRulesEnd).isNotEmpty();
        assertThat(servedWhenRulesEnd.getFirst())
                .contains("-a -t 10.96.0.50:80 -r 10.244.0.5:8080 -m -w 1", "10.96.0.50/32");
        assertThat(node.iptables.rules("nat", "KUBE-SERVICES")).noneMatch(rule -> rule.contains("KUBE-SVC-"));
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void theCleanUpLeavesTheNodeAsItWas(IpFamily family) throws Exception {
        TestNode node = new TestNode(family);
        foreign(node, "198.18.0.1", 80);
        node.iptables.byOthers("""
            *nat
            :MINE - [0:0]
            -A PREROUTING -j MINE
            -A MINE -p tcp -m tcp --dport 8888 -j ACCEPT
            COMMIT
            """);
        List<String> before = node.dump();
        node.put(web(family));
        node.fullSync();
        assertThat(node.dump()).isNotEqualTo(before);

        node.restart();
        node.backend().cleanUp();

        assertThat(node.dump()).isEqualTo(before);
    }

    @Test
    void theDummyDeviceGoesWithTheSecondFamily() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4).put(web(IpFamily.IPV4));
        node.fullSync();
        node.links.addAddresses("kube-ipvs0", List.of(IpAddress.of("fd00:96::50")));

        node.backend().cleanUp();
        assertThat(node.addresses()).containsExactly("fd00:96::50/128");

        node.links.deleteAddresses("kube-ipvs0", List.of(IpAddress.of("fd00:96::50")));
        node.backend().cleanUp();
        assertThat(node.links.link("kube-ipvs0")).isEmpty();
    }

    @Test
    void aDeviceOfThatNameThatIsNoDummyStays() throws Exception {
        TestNode node = new TestNode(IpFamily.IPV4);
        node.links.device("kube-ipvs0", "bridge").address("kube-ipvs0", "10.1.1.1", 32);

        node.backend().cleanUp();

        assertThat(node.addresses()).containsExactly("10.1.1.1/32");
    }
}
