// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.Portal;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.config.UserspaceOptions;
import dev.sluice.userspace.routing.ConnectionPolicy;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.PortalScope;
import dev.sluice.userspace.routing.RoutingTable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * An engine on loopback without rules: every connection to it counts as one to {@link #portal}, and datagrams as those
 * to {@link #datagramPortal}, if their client has named no other.
 */
final class EngineFixture implements AutoCloseable {
    private static final List<Duration> TIMEOUTS =
            List.of(Duration.ofMillis(250), Duration.ofMillis(500), Duration.ofSeconds(1), Duration.ofSeconds(2));

    final IpFamily family;
    final UserspaceEngine engine;
    final RoutingTable table;
    final int port;
    volatile Portal.Address portal;
    final Portal.Address datagramPortal;
    private final Map<Integer, Portal.Address> datagramPortals = new ConcurrentHashMap<>();
    private @Nullable UdpSockets udp;

    EngineFixture(IpFamily family) {
        this(
                family,
                EngineOptions.of(UserspaceOptions.DEFAULT.withTimeouts(
                                Duration.ofSeconds(30), TIMEOUTS, Duration.ofSeconds(5)))
                        .withEventLoops(2));
    }

    EngineFixture(IpFamily family, EngineOptions options) {
        this.family = family;
        portal = new Portal.Address(Protocol.TCP, clusterIp(), 80);
        datagramPortal = new Portal.Address(Protocol.UDP, clusterIp(), 53);
        table = new RoutingTable(family);
        engine = new UserspaceEngine(
                options,
                (sockets, accepted, any) -> new SocketAddress(portal.address(), portal.port()),
                GivenDestinations::new);
        port = engine.listen(table);
    }

    static UserspaceOptions udp(Duration idle) {
        return UserspaceOptions.DEFAULT.withTimeouts(idle, TIMEOUTS, Duration.ofSeconds(5));
    }

    IpAddress clusterIp() {
        return IpAddress.of(family == IpFamily.IPV4 ? "10.96.0.1" : "fd96::1");
    }

    String loopback() {
        return family == IpFamily.IPV4 ? "127.0.0.1" : "::1";
    }

    InetAddress loopbackAddress() {
        return IpAddress.of(loopback()).toInetAddress();
    }

    Endpoint at(int endpointPort) {
        return Endpoints.local(loopback(), endpointPort);
    }

    PortBalancer tcp(int... ports) {
        return route(
                ServicePorts.tcp("shop/web:http", clusterIp().toString(), 80).build(), ports);
    }

    /** As {@link #tcp(int...)}, under a policy. */
    PortBalancer tcp(ConnectionPolicy policy, int... ports) {
        PortBalancer live = tcp(ports);
        live.update(live.resolved(), policy, Endpoint::weight);
        return live;
    }

    PortBalancer udpService(int... ports) {
        return route(
                ServicePorts.udp("shop/dns:dns", clusterIp().toString(), 53).build(), ports);
    }

    PortBalancer route(ServicePort service, int... ports) {
        PortBalancer live = new PortBalancer(Endpoints.resolved(service, endpoints(ports)));
        table.put(
                new Portal.Address(service.protocol(), service.clusterIp(), service.port()),
                new PortalRoute(live, PortalScope.INTERNAL));
        return live;
    }

    void endpoints(PortBalancer live, int... ports) {
        live.update(Endpoints.resolved(live.resolved().service(), endpoints(ports)));
    }

    private List<Endpoint> endpoints(int... ports) {
        return Arrays.stream(ports).mapToObj(this::at).toList();
    }

    /** The UDP sockets of the engine. */
    UdpSockets udp() {
        UdpSockets open = udp == null ? engine.openUdp(table, new SocketAddress(IpAddress.of(loopback()), 0)) : udp;
        udp = open;
        return open;
    }

    /** From now on what is sent from {@code clientPort} counts as sent to {@code destination}. */
    void datagramsOf(int clientPort, Portal.Address destination) {
        datagramPortals.put(clientPort, destination);
    }

    private final class GivenDestinations implements DatagramDestinations {
        @Override
        public Portal.Address of(SocketAddress client, SocketAddress socket) {
            return datagramPortals.getOrDefault(client.port(), datagramPortal);
        }

        @Override
        public void close() {}
    }

    /** A connection to the engine's listening port. */
    Socket connect() throws IOException {
        Socket socket = new Socket();
        socket.setSoTimeout(20_000);
        socket.connect(new InetSocketAddress(loopbackAddress(), port), 10_000);
        return socket;
    }

    /** What the endpoints of that many connections, one after the other, send. */
    List<String> answers(int count) throws IOException {
        List<String> answers = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            try (Socket client = connect()) {
                answers.add(new String(client.getInputStream().readAllBytes(), UTF_8));
            }
        }
        return answers;
    }

    /** Connects, and expects a reset. */
    void assertReset() {
        assertThatThrownBy(() -> {
                    try (Socket client = connect()) {
                        client.getInputStream().read();
                    }
                })
                .isInstanceOf(SocketException.class)
                .hasMessageContaining("reset");
    }

    @Override
    public void close() {
        engine.close();
    }
}
