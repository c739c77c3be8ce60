// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.nftables;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.sync.Changes;
import dev.sluice.core.sync.SyncReport;
import dev.sluice.testkit.lab.Connection;
import dev.sluice.testkit.lab.LabAddresses;
import dev.sluice.testkit.lab.Outcome;
import dev.sluice.testkit.model.ServicePorts;
import java.net.InetSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIf;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Real packets through the real kernel. */
@EnabledIf(value = "isRoot", disabledReason = "needs root to make network namespaces")
@Timeout(600)
@Tag("slow")
class NftablesTrafficTest extends TrafficLab {
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aClusterAddressReachesEveryEndpointAndSourcesAreNodeAddresses(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol), 5353, "a3", "b2");
            for (String host : List.of("a2", "node-a", "client")) {
                Set<String> reached = new HashSet<>();
                for (int i = 0; i < 60 && reached.size() < 2; i++) {
                    Outcome.Answer answer = answer(ask(lab.host(host), protocol, cluster(), 80));
                    reached.add(answer.pod());
                    if (host.equals("a2")) {
                        assertThat(answer.peer()).isEqualTo(LabAddresses.of(host, with));
                    } else {
                        assertThat(LabAddresses.allOfNode(with))
                                .as(host + " " + protocol)
                                .contains(answer.peer());
                    }
                }
                assertThat(reached).as(host + " " + protocol).contains("a3", "b2");
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aNodePortAnswersOnEveryNodeAddressFromEverywhere(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol).nodePort(30080), 5353, "a3", "b2");
            for (String host : List.of("a2", "node-a", "client")) {
                for (IpAddress node : LabAddresses.allOfNode(with)) {
                    for (int i = 0; i < 2; i++) {
                        Outcome.Answer answer = answer(ask(lab.host(host), protocol, node, 30080));
                        assertThat(LabAddresses.allOfNode(with))
                                .as(host + " " + protocol)
                                .contains(answer.peer());
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aPodReachesItselfThroughItsService(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).nodePort(30080), 8080, "a2");

        for (int i = 0; i < 3; i++) {
            Outcome.Answer answer = answer(lab.pod("a2").tcp(cluster(), 80));
            assertThat(answer.pod()).isEqualTo("a2");
            assertThat(LabAddresses.allOfNode(with)).contains(answer.peer());
        }
        assertThat(answer(lab.pod("a2").tcp(lab.node().address(with), 30080)).pod())
                .isEqualTo("a2");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void withoutEndpointsEverybodyIsRefused(IpFamily with) throws Exception {
        start(with);
        for (Protocol protocol : List.of(Protocol.TCP, Protocol.UDP)) {
            put(service(protocol).nodePort(30080), 5353);
            for (String host : List.of("a2", "node-a", "client")) {
                assertThat(ask(lab.host(host), protocol, cluster(), 80))
                        .as("%s %s", host, protocol)
                        .isEqualTo(new Outcome.Refused());
            }
            assertThat(ask(lab.client(), protocol, lab.node().address(with), 30080))
                    .isEqualTo(new Outcome.Refused());
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aLocalPolicyKeepsTheClientsAddressAndTheNodeStillReachesIt(IpFamily with) throws Exception {
        start(with);
        IpAddress vip = address("203.0.113.10", "2001:db8::10");
        IpAddress external = address("203.0.113.11", "2001:db8::11");
        put(
                service(Protocol.TCP)
                        .loadBalancer(vip.toString())
                        .externalIps(external.toString())
                        .nodePort(30080)
                        .externalPolicyLocal(),
                8080,
                "a3",
                "b2");

        for (IpAddress address : List.of(vip, external)) {
            for (int i = 0; i < 3; i++) {
                Outcome.Answer answer = answer(lab.client().tcp(address, 80));
                assertThat(answer.pod()).isEqualTo("a3");
                assertThat(answer.peer()).isEqualTo(lab.client().address(with));
            }
            Outcome.Answer fromNode = answer(lab.node().tcp(address, 80));
            assertThat(LabAddresses.allOfNode(with)).contains(fromNode.peer());
            assertThat(answer(lab.pod("a2").tcp(address, 80)).peer()).isEqualTo(LabAddresses.of("a2", with));
        }
        Outcome.Answer byNodePort = answer(lab.client().tcp(lab.node().address(with), 30080));
        assertThat(byNodePort.peer()).isEqualTo(lab.client().address(with));
        assertThat(byNodePort.pod()).isEqualTo("a3");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aLocalPolicyWithoutLocalEndpointsDropsWhatComesFromOutside(IpFamily with) throws Exception {
        start(with);
        IpAddress vip = address("203.0.113.10", "2001:db8::10");
        put(service(Protocol.TCP).loadBalancer(vip.toString()).nodePort(30080).externalPolicyLocal(), 8080, "b2");

        assertThat(lab.client().tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(lab.client().tcp(lab.node().address(with), 30080)).isEqualTo(new Outcome.TimedOut());
        assertThat(LabAddresses.allOfNode(with))
                .contains(answer(lab.node().tcp(vip, 80)).peer());
        assertThat(answer(lab.pod("a2").tcp(vip, 80)).pod()).isEqualTo("b2");
        assertThat(answer(lab.client().tcp(cluster(), 80)).pod()).isEqualTo("b2");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anInternalLocalPolicyWithoutLocalEndpointsDropsEverywhere(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP).internalPolicyLocal(), 8080, "b2");

        assertThat(lab.pod("a2").tcp(cluster(), 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(lab.node().tcp(cluster(), 80)).isEqualTo(new Outcome.TimedOut());
        put(service(Protocol.TCP).internalPolicyLocal(), 8080, "a3", "b2");
        assertThat(answer(lab.pod("a2").tcp(cluster(), 80)).pod()).isEqualTo("a3");
        assertThat(answer(lab.node().tcp(cluster(), 80)).pod()).isEqualTo("a3");
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void sourceRangesBindTheClientAndTheNode(IpFamily with) throws Exception {
        start(with);
        IpAddress vip = address("203.0.113.10", "2001:db8::10");
        ServicePorts service = service(Protocol.TCP).loadBalancer(vip.toString());
        put(service.sourceRanges(v4() ? "192.168.20.0/24" : "fd00:20::/64"), 8080, "a3", "b2");
        assertThat(answer(lab.client().tcp(vip, 80)).pod()).isNotEmpty();
        assertThat(lab.node().tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(lab.pod("a2").tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());

        put(service.sourceRanges(v4() ? "192.168.10.0/24" : "fd00:10::/64"), 8080, "a3", "b2");
        assertThat(lab.client().tcp(vip, 80)).isEqualTo(new Outcome.TimedOut());
        assertThat(answer(lab.node().tcp(vip, 80)).pod()).isNotEmpty();
        assertThat(answer(lab.client().tcp(cluster(), 80)).pod())
                .as("the cluster address is open")
                .isNotEmpty();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aDaemonOfTheHostIsNotReachableThroughAServiceAddress(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP), 8080, "a3");
        try (ServerSocketChannel daemon =
                lab.node().call(() -> ServerSocketChannel.open().bind(new InetSocketAddress(2222)))) {
            assertThat(daemon.isOpen()).isTrue();
            assertThat(lab.client().tcp(cluster(), 2222)).isEqualTo(new Outcome.Refused());
            assertThat(lab.pod("a2").tcp(cluster(), 2222)).isEqualTo(new Outcome.Refused());
        }
    }

    /** Another host has the address, so that packets to it are answered where they are not dropped. */
    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void unusedAddressesOfServiceRangesAreDropped(IpFamily with) throws Exception {
        start(with);
        IpAddress unused = address("10.96.0.200", "fd00:96::c8");
        String host = unused + (v4() ? "/32" : "/128");
        lab.client().run("ip", "address", "add", host, "dev", "lo").orThrow();
        lab.node()
                .run(
                        "ip",
                        "route",
                        "add",
                        host,
                        "via",
                        lab.client().address(with).toString())
                .orThrow();
        try {
            put(service(Protocol.TCP), 8080, "a3");
            for (String from : List.of("a2", "node-a")) {
                assertThat(lab.host(from).udp(unused, 80)).isEqualTo(new Outcome.Refused());
            }
            node().snapshot.withServiceRanges(Cidr.of(v4() ? "10.96.0.0/16" : "fd00:96::/112"));
            node().sync(Changes.all());
            // a process is told at once that its datagram was dropped, but not its SYN
            assertThat(lab.node().tcp(unused, 80)).isEqualTo(new Outcome.TimedOut());
            assertThat(lab.pod("a2").tcp(unused, 80)).isEqualTo(new Outcome.TimedOut());
            assertThat(lab.pod("a2").udp(unused, 80)).isEqualTo(new Outcome.TimedOut());
            assertThat(answer(lab.pod("a2").tcp(cluster(), 80)).pod()).isEqualTo("a3");
        } finally {
            lab.node().run("ip", "route", "del", host).orThrow();
            lab.client().run("ip", "address", "del", host, "dev", "lo").orThrow();
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void anOpenConnectionOutlivesTheRemovalOfItsEndpoint(IpFamily with) throws Exception {
        start(with);
        put(service(Protocol.TCP), 8080, "b2");
        try (Connection connection =
                lab.client().caller().waiting(Duration.ofSeconds(5)).connect(cluster(), 80)) {
            assertThat(answer(connection.ask()).pod()).isEqualTo("b2");
            put(service(Protocol.TCP), 8080, "b3");
            assertThat(answer(lab.client().tcp(cluster(), 80)).pod()).isEqualTo("b3");
            node().sync(Changes.all());
            assertThat(answer(connection.ask()).pod()).as("while it drains").isEqualTo("b2");
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aSecondFullSyncSaysNothingAndTheCleanUpLeavesNothing(IpFamily with) throws Exception {
        String before = dump();
        start(with);
        put(
                service(Protocol.TCP)
                        .nodePort(30080)
                        .externalIps(address("203.0.113.11", "2001:db8::11").toString())
                        .loadBalancer(address("203.0.113.10", "2001:db8::10").toString())
                        .sourceRanges(v4() ? "192.168.20.0/24" : "fd00:20::/64"),
                8080,
                "a3",
                "b2");

        SyncReport report = node().sync(Changes.all());

        assertThat(report.full()).isTrue();
        assertThat(report.cost().messages()).isZero();
        assertThat(dump()).isNotEqualTo(before);
        stop();
        assertThat(dump()).isEqualTo(before);
    }
}
