// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.PortalScope;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Flows through several portals of one socket. */
@Timeout(60)
class UdpPortalsTest {

    @AfterEach
    void noBufferIsLost() {
        Buffers.assertNoneInUse();
    }

    @Test
    void aPolicyThatTurnsLocalTakesOpenFlowsAlong() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer here = new UdpServer(fixture, "here");
                UdpServer away = new UdpServer(fixture, "away")) {
            ServicePorts dns = ServicePorts.udp("shop/dns:dns", "10.96.0.1", 53).nodePort(30053);
            Endpoint remote = Endpoints.remote(fixture.loopback(), away.port());
            PortBalancer service = fixture.route(dns.build());
            fixture.table.put(new Portal.NodePort(Protocol.UDP, 30053), new PortalRoute(service, PortalScope.EXTERNAL));
            service.update(Endpoints.resolved(dns.build(), remote));
            try (UdpClient insider = new UdpClient(fixture);
                    UdpClient outsider = new UdpClient(fixture, at("192.168.10.1", 30053))) {
                assertThat(insider.ask("1")).isEqualTo("away:1");
                assertThat(outsider.ask("1")).isEqualTo("away:1");
                ServicePort local = dns.internalPolicyLocal().build();
                service.update(Endpoints.resolved(local, remote));
                fixture.udp().portsChanged(List.of(service));
                await().until(() -> fixture.engine.counters().flowsActive() == 1);
                insider.send("2".getBytes(UTF_8));
                await().until(() -> fixture.engine.counters().datagramsDropped() == 1);
                assertThat(outsider.ask("3")).as("the other policy").isEqualTo("away:3");
                service.update(Endpoints.resolved(local, fixture.at(here.port()), remote));
                assertThat(insider.ask("4")).isEqualTo("here:4");
            }
        }
    }

    @Test
    void aPortalThatIsRemovedOrPassedOnTakesItsFlowsAlong() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            PortBalancer service = fixture.udpService(a.port());
            PortBalancer other = fixture.route(
                    ServicePorts.udp("shop/other", "10.96.0.2", 53).build(), b.port());
            Portal.Address removed = at("198.51.100.1", 53);
            Portal.Address passedOn = at("198.51.100.2", 53);
            fixture.table.put(removed, new PortalRoute(service, PortalScope.EXTERNAL));
            fixture.table.put(passedOn, new PortalRoute(service, PortalScope.EXTERNAL));
            try (UdpClient first = new UdpClient(fixture, removed);
                    UdpClient second = new UdpClient(fixture, passedOn);
                    UdpClient third = new UdpClient(fixture)) {
                for (UdpClient client : List.of(first, second, third)) {
                    assertThat(client.ask("1")).isEqualTo("a:1");
                }
                fixture.table.remove(removed, new PortalRoute(service, PortalScope.EXTERNAL));
                fixture.table.put(passedOn, new PortalRoute(other, PortalScope.EXTERNAL));
                fixture.udp().portsChanged(List.of(service));
                await().until(() -> fixture.engine.counters().flowsActive() == 1);
                assertThat(second.ask("2")).isEqualTo("b:2");
                assertThat(third.ask("2")).isEqualTo("a:2");
                first.send("2".getBytes(UTF_8));
                await().until(() -> fixture.engine.counters().datagramsDropped() == 1);
            }
        }
    }

    @Test
    void aClientPortThatStandsForAnotherPortalIsNoticed() throws Exception {
        try (EngineFixture fixture = new EngineFixture(IpFamily.IPV4);
                UdpServer a = new UdpServer(fixture, "a");
                UdpServer b = new UdpServer(fixture, "b")) {
            fixture.udpService(a.port());
            Portal.Address elsewhere = at("10.96.0.2", 53);
            fixture.route(ServicePorts.udp("shop/other", "10.96.0.2", 53).build(), b.port());
            try (UdpClient client = new UdpClient(fixture)) {
                assertThat(client.ask("1")).isEqualTo("a:1");
                // as after `conntrack -F`
                fixture.datagramsOf(client.port(), elsewhere);
                await().untilAsserted(() -> assertThat(client.ask("2")).isEqualTo("b:2"));
            }
        }
    }

    private static Portal.Address at(String address, int port) {
        return new Portal.Address(Protocol.UDP, IpAddress.of(address), port);
    }
}
