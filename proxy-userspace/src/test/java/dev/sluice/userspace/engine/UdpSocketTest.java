// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.PortBalancer;
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
            UdpSocket socket = open(fixture, fixture.udpService(a.port(), b.port()));
            try (UdpClient first = new UdpClient(fixture, socket);
                    UdpClient second = new UdpClient(fixture, socket)) {
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
            UdpSocket socket = open(fixture, fixture.udpService(server.port()));
            try (UdpClient client = new UdpClient(fixture, socket)) {
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
            UdpSocket socket = open(fixture, fixture.udpService(a.port(), b.port()));
            try (UdpClient client = new UdpClient(fixture, socket)) {
                String first = client.ask("x");
                await().until(() -> fixture.engine.counters().flowsActive() == 0);
                assertThat(client.ask("x")).isNotEqualTo(first);
            }
        }
    }

    @Test
    void anEndpointThatGoesEndsItsFlows() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            PortBalancer service = fixture.udpService(a.port());
            UdpSocket socket = open(fixture, service);
            try (UdpClient client = new UdpClient(fixture, socket)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                fixture.endpoints(service, b.port());
                socket.endpointsChanged();
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
            UdpSocket socket = open(fixture, service);
            try (UdpClient client = new UdpClient(fixture, socket);
                    UdpClient other = new UdpClient(fixture, socket)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                Endpoint leaving = Endpoints.localTerminating(fixture.loopback(), a.port());
                service.update(Endpoints.resolved(service.resolved().service(), leaving, fixture.at(b.port())));
                socket.endpointsChanged();
                assertThat(other.ask("2")).isEqualTo("b:2");
                assertThat(client.ask("3")).isEqualTo("a:3");
            }
        }
    }

    @Test
    void anEndpointThatRefusesLosesTheFlow() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer alive = new UdpServer(fixture, "alive")) {
            int dead = TestServer.deadPort(fixture.loopbackAddress());
            UdpSocket socket = open(fixture, fixture.udpService(dead, alive.port()));
            try (UdpClient one = new UdpClient(fixture, socket);
                    UdpClient two = new UdpClient(fixture, socket)) {
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
            UdpSocket socket = open(fixture, live);
            for (int i = 0; i < 20 && live.counters().ejections() == 0; i++) {
                try (UdpClient client = new UdpClient(fixture, socket)) {
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
            UdpSocket socket = open(fixture, fixture.udpService(server.port()));
            try (UdpClient one = new UdpClient(fixture, socket);
                    UdpClient two = new UdpClient(fixture, socket);
                    UdpClient three = new UdpClient(fixture, socket)) {
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
            UdpSocket crowded = open(fixture, fixture.udpService(server.port()));
            UdpSocket other = open(fixture, fixture.udpService(server.port()));
            List<UdpClient> clients = new ArrayList<>();
            try {
                // all open at the same time: the port of a closed one may be given to the next
                for (int i = 0; i < 40; i++) {
                    clients.add(new UdpClient(fixture, crowded));
                    clients.getLast().send("x".getBytes(UTF_8));
                }
                await().until(() -> fixture.engine.counters().datagramsDropped() == 26);
            } finally {
                clients.forEach(UdpClient::close);
            }
            assertThat(fixture.engine.counters().flowsActive()).isEqualTo(14);
            try (UdpClient client = new UdpClient(fixture, other)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
            }
        }
    }

    @Test
    void manyDatagramsAtOnceAreAllCarried() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer server = new UdpServer(fixture, "a")) {
            UdpSocket socket = open(fixture, fixture.udpService(server.port()));
            try (UdpClient client = new UdpClient(fixture, socket)) {
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

    @Test
    void aServiceWithoutEndpointsDropsAndCounts() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            UdpSocket socket = open(fixture, fixture.udpService());
            try (UdpClient client = new UdpClient(fixture, socket)) {
                client.send(new byte[] {1});
                await().until(() -> fixture.engine.counters().datagramsDropped() == 1);
            }
        }
    }

    @Test
    void aClosedSocketRefuses() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer server = new UdpServer(fixture, "a")) {
            UdpSocket socket = open(fixture, fixture.udpService(server.port()));
            try (UdpClient client = new UdpClient(fixture, socket)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                socket.close();
                await().until(() -> fixture.engine.counters().flowsActive() == 0);
                await().untilAsserted(() -> assertThatThrownBy(() -> client.ask("2"))
                        .isInstanceOf(java.net.PortUnreachableException.class));
            }
        }
    }

    @Test
    void anAddressThatIsNotOfThisNodeCannotBeBound() {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4)) {
            PortBalancer service =
                    fixture.route(ServicePorts.udp("shop/dns", "10.96.0.9", 53).build());
            assertThatThrownBy(() -> fixture.engine.openUdp(fixture.table, service, IpAddress.of("192.0.2.77")))
                    .isInstanceOf(EngineException.class)
                    .hasMessageContaining("shop/dns")
                    .hasMessageContaining("192.0.2.77");
        }
    }

    private static UdpSocket open(EngineFixture fixture, PortBalancer service) {
        return fixture.engine.openUdp(fixture.table, service, IpAddress.of(fixture.loopback()));
    }
}
