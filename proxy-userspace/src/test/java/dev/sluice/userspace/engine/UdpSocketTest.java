// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.socket.DatagramBatch;
import dev.sluice.linux.socket.DatagramSockets;
import dev.sluice.linux.socket.StreamSockets;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.RefusalReason;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(60)
class UdpSocketTest {
    /** linux/udp.h */
    private static final int SOL_UDP = 17;

    private static final int UDP_SEGMENT = 103;

    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aFlowKeepsItsEndpointAndClientsTakeTurns(IpFamily family) throws Exception {
        try (EngineFixture fixture = new EngineFixture(family);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            fixture.udpService(a.port(), b.port());
            try (UdpClient first = new UdpClient(fixture);
                    UdpClient second = new UdpClient(fixture)) {
                String answer = first.ask("x");
                assertThat(answer).isIn("a:x", "b:x");
                assertThat(first.ask("y")).isEqualTo(answer.charAt(0) + ":y");
                assertThat(second.ask("x")).isEqualTo(answer.startsWith("a") ? "b:x" : "a:x");
            }
            assertThat(fixture.engine.counters().flowsOpened()).isEqualTo(2);
            assertThat(fixture.engine.counters().bytesToEndpoints()).isEqualTo(3);
            assertThat(fixture.engine.counters().bytesToClients()).isEqualTo(9);
        }
    }

    @Test
    void largeDatagramsPassWhole() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer server = new UdpServer(fixture, "")) {
            fixture.udpService(server.port());
            try (UdpClient client = new UdpClient(fixture)) {
                byte[] large = new byte[60_000];
                new Random(1).nextBytes(large);
                byte[] answer = client.exchange(large);
                assertThat(Arrays.copyOfRange(answer, 1, answer.length)).isEqualTo(large);
            }
        }
    }

    @Test
    void anIdleFlowEndsAndTheNextDatagramPicksAgain() throws Exception {
        try (EngineFixture fixture =
                        new EngineFixture(IpFamily.IPV4, EngineOptions.of(EngineFixture.udp(Duration.ofMillis(150))));
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            fixture.udpService(a.port(), b.port());
            try (UdpClient client = new UdpClient(fixture)) {
                String first = client.ask("x");
                await().until(() -> fixture.engine.counters().flowsActive() == 0);
                assertThat(client.ask("x")).isNotEqualTo(first);
            }
        }
    }

    @Test
    void aFlowThatOnlyItsEndpointUsesStaysAndOthersEnd() throws Exception {
        Duration idle = Duration.ofMillis(300);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, EngineOptions.of(EngineFixture.udp(idle)));
                DatagramSocket server = new DatagramSocket(0, fixture.loopbackAddress())) {
            fixture.udpService(server.getLocalPort());
            server.setSoTimeout(10_000);
            DatagramPacket request = new DatagramPacket(new byte[8], 8);
            long longest = Long.MAX_VALUE;
            for (int attempt = 0; longest >= idle.toNanos() && attempt < 10; attempt++) {
                try (UdpClient listener = new UdpClient(fixture);
                        UdpClient silent = new UdpClient(fixture)) {
                    listener.send(new byte[1]);
                    server.receive(request);
                    silent.send(new byte[1]);
                    server.receive(new DatagramPacket(new byte[8], 8));
                    longest = 0;
                    for (long last = System.nanoTime(), begin = last; last - begin < 2 * idle.toNanos(); ) {
                        server.send(request);
                        listener.receive();
                        longest = Math.max(longest, System.nanoTime() - last);
                        last = System.nanoTime();
                    }
                    // on a busy machine it may have been idle for once
                    assertThat(longest >= idle.toNanos()
                                    || fixture.engine.counters().flowsActive() == 1)
                            .isTrue();
                }
                await().until(() -> fixture.engine.counters().flowsActive() == 0);
            }
        }
    }

    @Test
    void anEndpointThatGoesEndsItsFlows() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            PortBalancer service = fixture.udpService(a.port());
            try (UdpClient client = new UdpClient(fixture)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                fixture.endpoints(service, b.port());
                fixture.udp().portsChanged(List.of(service));
                await().until(() -> fixture.engine.counters().flowsActive() == 0);
                assertThat(client.ask("2")).isEqualTo("b:2");
            }
        }
    }

    @Test
    void anEndpointThatStillServesKeepsItsFlowsWhenItIsNoLongerReady() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            PortBalancer service = fixture.udpService(a.port());
            try (UdpClient client = new UdpClient(fixture);
                    UdpClient other = new UdpClient(fixture)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                Endpoint leaving = Endpoints.localTerminating(fixture.loopback(), a.port());
                service.update(Endpoints.resolved(service.resolved().service(), leaving, fixture.at(b.port())));
                fixture.udp().portsChanged(List.of(service));
                assertThat(other.ask("2")).isEqualTo("b:2");
                assertThat(client.ask("3")).isEqualTo("a:3");
            }
        }
    }

    @Test
    void clientsOfOneServiceAreSpreadOverTheEventLoops() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer server = new UdpServer(fixture, "a")) {
            fixture.udpService(server.port());
            assertThat(fixture.udp().count()).isEqualTo(2);
            List<UdpClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < 32; i++) {
                    clients.add(new UdpClient(fixture));
                    assertThat(clients.getLast().ask("x")).isEqualTo("a:x");
                    assertThat(clients.getLast().ask("y")).isEqualTo("a:y");
                }
            } finally {
                clients.forEach(UdpClient::close);
            }
            assertThat(fixture.engine.counters().flowsOpened()).isEqualTo(32);
        }
    }

    @Test
    void anEndpointThatRefusesLosesTheFlow() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer alive = new UdpServer(fixture, "alive")) {
            int dead = TestServer.deadPort(fixture.loopbackAddress());
            fixture.udpService(dead, alive.port());
            try (UdpClient one = new UdpClient(fixture);
                    UdpClient two = new UdpClient(fixture)) {
                // one of the two meets the dead endpoint, is refused, and gets through when it repeats itself
                assertThat(one.askUntilAnswered("x")).isEqualTo("alive:x");
                assertThat(two.askUntilAnswered("x")).isEqualTo("alive:x");
            }
        }
    }

    @Test
    void anEndpointThatRefusesAgainAndAgainIsEjected() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer alive = new UdpServer(fixture, "alive")) {
            int dead = TestServer.deadPort(fixture.loopbackAddress());
            PortBalancer live = fixture.udpService(dead, alive.port());
            for (int i = 0; i < 20 && live.counters().ejections() == 0; i++) {
                try (UdpClient client = new UdpClient(fixture)) {
                    assertThat(client.askUntilAnswered("x")).isEqualTo("alive:x");
                }
            }
            assertThat(live.counters().ejections()).isEqualTo(1);
            Upstream refusing = Objects.requireNonNull(
                    live.reachable().find(fixture.at(dead).socketAddress()));
            Upstream other = Objects.requireNonNull(
                    live.reachable().find(fixture.at(alive.port()).socketAddress()));
            assertThat(refusing.open()).as("its flows have ended").isZero();
            assertThat(live.open()).isEqualTo(other.open()).isPositive();
        }
    }

    @Test
    void flowsBeyondTheLimitAreDroppedAndCounted() throws Exception {
        EngineOptions options = EngineOptions.of(EngineFixture.udp(Duration.ofSeconds(30)))
                .withEventLoops(1)
                .withMaxFlowsPerLoop(2);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, options);
                UdpServer server = new UdpServer(fixture, "a")) {
            fixture.udpService(server.port());
            try (UdpClient one = new UdpClient(fixture);
                    UdpClient two = new UdpClient(fixture);
                    UdpClient three = new UdpClient(fixture)) {
                assertThat(one.ask("1")).isEqualTo("a:1");
                assertThat(two.ask("2")).isEqualTo("a:2");
                three.send("3".getBytes(UTF_8));
                await().until(() -> fixture.engine.counters().datagramsDropped() == 1);
                assertThat(one.ask("4")).isEqualTo("a:4");
                assertThat(fixture.engine.counters().flowsActive()).isEqualTo(2);
            }
        }
    }

    @Test
    void aServiceWithVeryManyClientsLeavesRoomForAnother() throws Exception {
        EngineOptions options = EngineOptions.of(EngineFixture.udp(Duration.ofSeconds(30)))
                .withEventLoops(1)
                .withMaxFlowsPerLoop(16);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, options);
                UdpServer server = new UdpServer(fixture, "a")) {
            fixture.udpService(server.port());
            fixture.route(ServicePorts.udp("shop/other", "10.96.0.2", 53).build(), server.port());
            List<UdpClient> clients = new ArrayList<>();
            try {
                // all open at the same time: the port of a closed one may be given to the next
                for (int i = 0; i < 40; i++) {
                    clients.add(new UdpClient(fixture));
                    clients.getLast().send("x".getBytes(UTF_8));
                }
                await().until(() -> fixture.engine.counters().datagramsDropped() == 26);
            } finally {
                clients.forEach(UdpClient::close);
            }
            assertThat(fixture.engine.counters().flowsActive()).isEqualTo(14);
            try (UdpClient client = new UdpClient(fixture, at("10.96.0.2", 53))) {
                assertThat(client.ask("1")).isEqualTo("a:1");
            }
        }
    }

    @Test
    void manyDatagramsAtOnceAreAllCarried() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer server = new UdpServer(fixture, "a")) {
            fixture.udpService(server.port());
            try (UdpClient client = new UdpClient(fixture)) {
                for (int round = 0; round < 20; round++) {
                    Set<String> expected = new HashSet<>();
                    for (int i = 0; i < 20; i++) {
                        client.send(("m" + i).getBytes(UTF_8));
                        expected.add("a:m" + i);
                    }
                    Set<String> got = new HashSet<>();
                    for (int i = 0; i < 20; i++) {
                        got.add(new String(client.receive(), UTF_8));
                    }
                    assertThat(got).isEqualTo(expected);
                }
            }
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void datagramsThatComeAsOneMessageArriveByThemselves(IpFamily family) throws Exception {
        try (EngineFixture fixture = new EngineFixture(family);
                UdpServer server = new UdpServer(fixture, "")) {
            fixture.udpService(server.port());
            StreamSockets sockets = new StreamSockets();
            int client = new DatagramSockets().open(family);
            try {
                fixture.udp();
                assertThat(sockets.connect(
                                client,
                                fixture.udp().address().address(),
                                fixture.udp().address().port()))
                        .isZero();
                int sizes = 1000;
                assertThat(Libc.system().setsockopt(client, SOL_UDP, UDP_SEGMENT, whole(sizes)))
                        .isZero();
                ByteBuffer data = ByteBuffer.allocateDirect(10 * sizes + 7);
                ByteBuffer received = ByteBuffer.allocateDirect(2 * sizes);
                for (int i = 0; i < data.capacity(); i++) {
                    data.put(i, (byte) (i / sizes));
                }
                assertThat(sockets.send(client, data)).isEqualTo(data.capacity());
                for (int i = 0; i <= 10; i++) {
                    int expected = i < 10 ? sizes : 7;
                    await().until(() -> Libc.system().recv(client, received, Linux.MSG_DONTWAIT) == 1 + expected);
                    assertThat(received.get(1)).isEqualTo((byte) i);
                    assertThat(received.get(expected)).isEqualTo((byte) i);
                }
            } finally {
                sockets.close(client);
            }
            assertThat(fixture.engine.counters().bytesToEndpoints()).isEqualTo(10_007);
            assertThat(fixture.engine.counters().bytesToClients()).isEqualTo(10_018);
            assertThat(fixture.engine.counters().datagramsDropped()).isZero();
        }
    }

    @ParameterizedTest
    @EnumSource(IpFamily.class)
    void aDatagramLosesAHopOnItsWay(IpFamily family) throws Exception {
        StreamSockets sockets = new StreamSockets();
        DatagramSockets datagrams = new DatagramSockets();
        DatagramBatch received = new DatagramBatch(1);
        int server = datagrams.open(family);
        try (EngineFixture fixture = new EngineFixture(family)) {
            assertThat(sockets.bind(server, IpAddress.of(fixture.loopback()), 0))
                    .isZero();
            datagrams.reportHops(server, family);
            PortBalancer service = fixture.udpService(sockets.port(server));
            SocketAddress proxy = fixture.udp().address();
            for (int hops : new int[] {5, 2, 1}) {
                int client = datagrams.open(family);
                datagrams.limitHops(client, family, hops);
                sockets.connect(client, proxy.address(), proxy.port());
                assertThat(sockets.send(client, ByteBuffer.allocateDirect(3))).isEqualTo(3);
                if (hops > 1) {
                    await().until(() -> received.receive(server, 0, 1) == 1);
                    assertThat(received.hopsLeft(0)).isEqualTo(hops - 1);
                } else {
                    await().until(() -> service.counters().refusals(RefusalReason.LOOP) == 1);
                }
                sockets.close(client);
            }
            assertThat(fixture.engine.counters().flowsOpened()).isEqualTo(2);
            assertThat(fixture.engine.counters().datagramsDropped()).isEqualTo(1);
        } finally {
            sockets.close(server);
        }
    }

    private static ByteBuffer whole(int value) {
        return ByteBuffer.allocateDirect(Integer.BYTES)
                .order(ByteOrder.nativeOrder())
                .putInt(0, value);
    }

    /** Those whose first datagrams are received by one call are looked up together. */
    @Test
    void clientsThatComeAtOnceReachTheirOwnPortals() throws Exception {
        EngineOptions options =
                EngineOptions.of(EngineFixture.udp(Duration.ofSeconds(30))).withEventLoops(1);
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4, options);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            fixture.udpService(a.port());
            fixture.route(ServicePorts.udp("shop/other", "10.96.0.2", 53).build(), b.port());
            List<UdpClient> clients = new ArrayList<>();
            try {
                for (int i = 0; i < 40; i++) {
                    clients.add(new UdpClient(fixture, i % 2 == 0 ? fixture.datagramPortal : at("10.96.0.2", 53)));
                }
                for (int round = 0; round < 2; round++) {
                    for (UdpClient client : clients) {
                        client.send("x".getBytes(UTF_8));
                        client.send("x".getBytes(UTF_8));
                    }
                    for (int i = 0; i < clients.size(); i++) {
                        String expected = i % 2 == 0 ? "a:x" : "b:x";
                        assertThat(new String(clients.get(i).receive(), UTF_8)).isEqualTo(expected);
                        assertThat(new String(clients.get(i).receive(), UTF_8)).isEqualTo(expected);
                    }
                }
            } finally {
                clients.forEach(UdpClient::close);
            }
            assertThat(fixture.engine.counters().flowsOpened()).isEqualTo(40);
            assertThat(fixture.engine.counters().datagramsDropped()).isZero();
        }
    }

    @Test
    void aServiceWithoutEndpointsDropsAndCounts() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            fixture.udpService();
            try (UdpClient client = new UdpClient(fixture)) {
                client.send(new byte[] {1});
                await().until(() -> fixture.engine.counters().datagramsDropped() == 1);
            }
        }
    }

    @Test
    void aClosedSocketRefuses() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer server = new UdpServer(fixture, "a")) {
            fixture.udpService(server.port());
            try (UdpClient client = new UdpClient(fixture)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                fixture.udp().close();
                await().until(() -> fixture.engine.counters().flowsActive() == 0);
                await().untilAsserted(() -> assertThatThrownBy(() -> client.ask("2"))
                        .isInstanceOf(java.net.PortUnreachableException.class));
            }
        }
    }

    @Test
    void anAddressThatIsNotOfThisNodeCannotBeBound() {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            assertThatThrownBy(() ->
                            fixture.engine.openUdp(fixture.table, new SocketAddress(IpAddress.of("192.0.2.77"), 0)))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("192.0.2.77");
        }
    }

    @Test
    void aPortIsTakenAgainIfItIsFree() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            SocketAddress former = fixture.udp().address();
            UdpSockets others = fixture.engine.openUdp(fixture.table, former);
            assertThat(others.address()).as("not shared with another process").isNotEqualTo(former);
            fixture.udp().close();
            others.close();
            UdpSockets again = await().until(
                            () -> fixture.engine.openUdp(fixture.table, former),
                            opened -> opened.address().equals(former));
            assertThat(again.count()).isEqualTo(2);
        }
    }

    private static Portal.Address at(String address, int port) {
        return new Portal.Address(Protocol.UDP, IpAddress.of(address), port);
    }
}
