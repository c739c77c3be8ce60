// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.kernel.ObjectKind;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.core.sync.SyncException;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.core.trace.Packet;
import dev.sluice.core.trace.Trace;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is special about this mode; what it shares with the others is in {@link UserspaceContractTest}. */
class UserspaceBackendTest {
    private final FakeNode node = new FakeNode(IpFamily.IPV4);

    @AfterEach
    void close() {
        node.close();
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web:http", "10.96.0.50", 80);
    }

    private static ServicePorts dns() {
        return ServicePorts.udp("kube-system/dns:dns", "10.96.0.10", 53);
    }

    @Test
    void aPortalIsInTheSetOfItsAccess() throws Exception {
        node.snapshot.put(Endpoints.resolved(web().nodePort(30080).build(), Endpoints.remote("10.244.2.2", 8080)));
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/none", "10.96.0.51", 80).nodePort(30081).build()));
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/edge", "10.96.0.52", 80)
                        .nodePort(30082)
                        .externalIps("198.51.100.1")
                        .externalPolicyLocal()
                        .build(),
                Endpoints.remote("10.244.2.3", 8080)));
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/inner", "10.96.0.53", 80)
                        .internalPolicyLocal()
                        .build(),
                Endpoints.remote("10.244.2.4", 8080)));
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.tcp("shop/fenced", "10.96.0.54", 80)
                        .loadBalancer("203.0.113.1")
                        .sourceRanges("192.0.2.0/24")
                        .build(),
                Endpoints.remote("10.244.2.5", 8080)));
        SyncReport report = node.sync();
        assertThat(report.full()).isTrue();
        assertThat(report.problems()).isEmpty();
        assertThat(node.elements())
                .isEqualTo(Map.of(
                        "SLUICE-OPEN",
                        Set.of("10.96.0.50,tcp:80", "10.96.0.52,tcp:80", "10.96.0.54,tcp:80", "203.0.113.1,tcp:80"),
                        "SLUICE-NODE-TCP-OPEN",
                        Set.of("30080"),
                        "SLUICE-REJECT",
                        Set.of("10.96.0.51,tcp:80"),
                        "SLUICE-NODE-TCP-REJECT",
                        Set.of("30081"),
                        "SLUICE-LOCAL",
                        Set.of("198.51.100.1,tcp:80"),
                        "SLUICE-NODE-TCP-LOCAL",
                        Set.of("30082"),
                        "SLUICE-DROP",
                        Set.of("10.96.0.53,tcp:80"),
                        "SLUICE-FENCED",
                        Set.of("203.0.113.1,tcp:80"),
                        "SLUICE-ALLOWED",
                        Set.of("203.0.113.1,tcp:80,192.0.2.0/24")));
    }

    @Test
    void oneServiceIsAFewElementsWhateverTheNumberOfOthers() throws Exception {
        for (int i = 0; i < 5_000; i++) {
            node.snapshot.put(Endpoints.resolved(
                    ServicePorts.tcp("many/s" + i, "10.97." + i / 250 + "." + (i % 250 + 1), 80)
                            .build(),
                    Endpoints.remote("10.244.2.2", 8080)));
        }
        node.sync();
        int restores = node.iptables.restores();
        int saves = node.iptables.saves();
        node.sets.resetCounters();

        node.snapshot.put(Endpoints.resolved(web().build(), Endpoints.remote("10.244.2.2", 8080)));
        SyncReport added = node.sync();
        assertThat(added.full()).isFalse();
        assertThat(added.cost().messages()).isEqualTo(1);
        assertThat(node.sets.log()).hasToString("[add SLUICE-OPEN 10.96.0.50,tcp:80]");

        node.sets.resetCounters();
        node.snapshot.put(Endpoints.resolved(
                web().build(), Endpoints.remote("10.244.2.2", 8080), Endpoints.remote("10.244.2.3", 8080)));
        assertThat(node.sync().cost().bytes()).as("another endpoint").isZero();

        node.snapshot.put(Endpoints.resolved(web().build()));
        node.sync();
        assertThat(node.sets.log())
                .as("no gap between the two")
                .hasToString("[add SLUICE-REJECT 10.96.0.50,tcp:80, del SLUICE-OPEN 10.96.0.50,tcp:80]");

        node.snapshot.remove(web().build().name());
        node.sync();
        assertThat(node.elements()).doesNotContainKey("SLUICE-REJECT");
        assertThat(node.iptables.restores()).isEqualTo(restores);
        assertThat(node.iptables.saves()).isEqualTo(saves);
        assertThat(node.sets.lists()).isZero();
    }

    @Test
    void aUdpServiceIsElementsLikeAnyOther() throws Exception {
        node.snapshot.put(Endpoints.resolved(web().build(), Endpoints.remote("10.244.2.2", 8080)));
        node.sync();
        assertThat(node.iptables.rules("nat", "SLUICE-REDIRECT"))
                .hasSize(2)
                .last(InstanceOfAssertFactories.STRING)
                .matches("-p udp -j DNAT --to-destination 127\\.0\\.0\\.1:\\d+");
        int restores = node.iptables.restores();
        int saves = node.iptables.saves();
        node.sets.resetCounters();
        node.snapshot.put(Endpoints.resolved(
                dns().nodePort(30053).externalIps("198.51.100.1").build(), Endpoints.remote("10.244.2.2", 53)));
        SyncReport report = node.sync();
        assertThat(node.sets.log())
                .extracting(Object::toString)
                .containsExactlyInAnyOrder(
                        "add SLUICE-OPEN 10.96.0.10,udp:53",
                        "add SLUICE-OPEN 198.51.100.1,udp:53",
                        "add SLUICE-NODE-UDP-OPEN 30053");
        assertThat(report.applied())
                .as("one for each event loop")
                .containsEntry(ObjectKind.of("userspace.udp_sockets"), 1L);
        node.snapshot.put(Endpoints.resolved(dns().nodePort(30053).build()));
        node.sync();
        node.snapshot.remove(dns().build().name());
        node.sync();
        assertThat(node.iptables.restores()).isEqualTo(restores);
        assertThat(node.iptables.saves()).isEqualTo(saves);
        assertThat(node.fullSync().cost().bytes())
                .as("the full comparison finds no difference")
                .isZero();
    }

    @Test
    void udpConntrackEntriesLeadToTheSocketsWhileThereIsAnEndpoint() throws Exception {
        ResolvedPort dns = Endpoints.resolved(dns().build(), Endpoints.remote("10.244.2.2", 53));
        assertThat(node.backend().conntrackTargets(dns))
                .as("before the first sync")
                .isEmpty();
        node.snapshot.put(dns);
        node.sync();
        String redirect = node.iptables.rules("nat", "SLUICE-REDIRECT").getLast();
        int port = Integer.parseInt(redirect.substring(redirect.lastIndexOf(':') + 1));
        SocketAddress socket = new SocketAddress(IpAddress.of("127.0.0.1"), port);
        assertThat(node.backend().conntrackTargets(dns)).containsExactly(socket);

        ResolvedPort elsewhere = Endpoints.resolved(dns().build(), Endpoints.remote("10.244.2.3", 53));
        node.snapshot.put(elsewhere);
        node.sync();
        assertThat(node.backend().conntrackTargets(elsewhere))
                .as("another endpoint does not matter")
                .containsExactly(socket);

        ResolvedPort nobody = Endpoints.resolved(dns().build());
        node.snapshot.put(nobody);
        node.sync();
        assertThat(node.backend().conntrackTargets(nobody)).isEmpty();
    }

    @Test
    void theSetsOfAnEarlierReleaseAreRemovedToo() throws Exception {
        node.sync();
        IpSet former = new IpSet("SLUICE-UDP-SOCKETS", IpSet.Type.BITMAP_PORT, IpFamily.IPV4, 1 << 16);
        IpSet otherFamily = new IpSet("SLUICE-6-UDP-SOCKETS", IpSet.Type.BITMAP_PORT, IpFamily.IPV6, 1 << 16);
        node.sets.create(former);
        node.sets.create(otherFamily);
        node.backend().cleanUp();
        assertThat(node.sets.names()).containsExactly("SLUICE-6-UDP-SOCKETS");
    }

    @Test
    void sctpIsReportedAndTheOthersAreInForce() throws Exception {
        node.snapshot.put(Endpoints.resolved(
                ServicePorts.sctp("shop/sigtran:m3ua", "10.96.0.60", 2905).build(), Endpoints.remote("10.244.2.2", 1)));
        node.snapshot.put(Endpoints.resolved(web().build(), Endpoints.remote("10.244.2.2", 8080)));
        assertThat(node.sync().problems()).singleElement().satisfies(problem -> {
            assertThat(problem.severity()).isEqualTo(Problem.Severity.SKIPPED);
            assertThat(problem.object()).hasToString("Service shop/sigtran");
            assertThat(problem.message()).contains("SCTP");
        });
        assertThat(node.sets.elements("SLUICE-OPEN")).containsExactly("10.96.0.50,tcp:80");
        node.snapshot.remove(ServicePorts.name(Protocol.SCTP, "shop/sigtran:m3ua"));
        assertThat(node.sync().problems()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"shop/able", "shop/zebra"})
    void aPortalMayPassFromOneServiceToAnotherInOneSync(String rival) throws Exception {
        for (boolean udp : new boolean[] {false, true}) {
            Protocol protocol = udp ? Protocol.UDP : Protocol.TCP;
            ServicePorts holder = ServicePorts.of(protocol, "shop/holder", "10.96.0.50", 80);
            ServicePorts other = ServicePorts.of(protocol, rival, "10.96.0.70", 80);
            node.snapshot.put(Endpoints.resolved(other.build(), Endpoints.remote("10.244.2.3", 8080)));
            node.snapshot.put(Endpoints.resolved(
                    holder.externalIps("198.51.100.1").build(), Endpoints.remote("10.244.2.2", 8080)));
            node.sync();
            node.snapshot.put(Endpoints.resolved(
                    other.externalIps("198.51.100.1").build(), Endpoints.remote("10.244.2.3", 8080)));
            node.snapshot.put(Endpoints.resolved(holder.externalIps().build(), Endpoints.remote("10.244.2.2", 8080)));
            node.sync();
            assertThat(node.sets.elements("SLUICE-OPEN")).contains("198.51.100.1," + protocol.lowerCase() + ":80");
            Trace trace = node.backend()
                    .explain(new Packet(
                            protocol,
                            IpAddress.of("192.0.2.1"),
                            4000,
                            IpAddress.of("198.51.100.1"),
                            80,
                            Packet.Origin.ARRIVING,
                            ""));
            assertThat(trace.service()).hasToString(rival);
            assertThat(node.fullSync().cost().bytes()).as("nothing to repair").isZero();
        }
    }

    @Test
    void afterAFailureTheNextSyncIsAFullOne() throws Exception {
        node.sync();
        node.snapshot.put(Endpoints.resolved(dns().build(), Endpoints.remote("10.244.2.2", 53)));
        node.sets.breakWith(new NetlinkException("IPSET_CMD_ADD", Errno.ENOMEM, "no memory"));
        assertThatThrownBy(node::sync).isInstanceOf(SyncException.class).hasMessageContaining("no memory");
        node.sets.breakWith(null);
        SyncReport report = node.sync();
        assertThat(report.full()).isTrue();
        assertThat(node.sets.elements("SLUICE-OPEN")).containsExactly("10.96.0.10,udp:53");
    }

    @Test
    void newConnectionsAreHeldUntilTheRulesOfASuccessorApply() throws Exception {
        node.snapshot.put(Endpoints.resolved(web().build(), Endpoints.remote("10.244.2.2", 8080)));
        node.backend().holdNewConnections(Instant.EPOCH);
        assertThat(node.iptables.inForce("filter").chains()).doesNotContain("SLUICE-INPUT");
        node.sync();
        FilterRules before = FilterRules.of(node);
        node.backend().holdNewConnections(Instant.parse("2026-01-02T03:04:05.678Z"));
        FilterRules paused = FilterRules.of(node);
        assertPaused(paused.input(), before.input());
        assertPaused(paused.firewall(), before.firewall());
        node.fullSync();
        assertThat(FilterRules.of(node)).isEqualTo(before);
    }

    @Test
    void whatKubeProxyCarriesIsNotHeldButLeftToIt() throws Exception {
        node.iptables.restore("""
                *nat
                :KUBE-SERVICES - [0:0]
                -A PREROUTING -j KUBE-SERVICES
                COMMIT
                """);
        node.snapshot.put(Endpoints.resolved(web().build(), Endpoints.remote("10.244.2.2", 8080)));
        node.sync();
        List<String> before = node.iptables.rules("nat", "SLUICE-SERVICES");
        node.backend().holdNewConnections(Instant.parse("2026-01-02T03:04:05.678Z"));
        assertThat(node.iptables.rules("nat", "PREROUTING").getFirst()).endsWith("-j SLUICE-SERVICES");
        assertThat(node.iptables.rules("nat", "SLUICE-SERVICES"))
                .hasSize(before.size() + 1)
                .startsWith("-j KUBE-SERVICES");
        node.fullSync();
        assertThat(node.iptables.rules("nat", "SLUICE-SERVICES")).isEqualTo(before);
    }

    private record FilterRules(List<String> input, List<String> firewall) {
        static FilterRules of(FakeNode node) {
            return new FilterRules(
                    node.iptables.inForce("filter").rules("SLUICE-INPUT"),
                    node.iptables.inForce("filter").rules("SLUICE-FIREWALL"));
        }
    }

    private static void assertPaused(List<String> rules, List<String> before) {
        assertThat(rules).hasSize(before.size() + 1).endsWith(before.toArray(String[]::new));
        assertThat(rules.getFirst())
                .contains("-d 127.0.0.1/32 -p tcp -m tcp --dport ", "--tcp-flags FIN,SYN,RST,ACK SYN")
                .contains("--datestop 2026-01-02T03:04:05 ", "-j DROP");
    }
}
