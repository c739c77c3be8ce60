// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;

/** When connections to an endpoint that is a portal are taken for a loop. */
class LoopGuardTest {
    private static final IpAddress CLIENT = IpAddress.of("10.244.1.3");
    private static final IpAddress VIP = IpAddress.of("10.96.0.1");

    private final RoutingTable table = new RoutingTable(IpFamily.IPV4);
    private final PortBalancer balancer = new PortBalancer(Endpoints.resolved(
            ServicePorts.tcp("shop/web", "10.96.0.1", 80).build(), Endpoints.remote("192.168.10.2", 80)));
    private final PortalRoute route = new PortalRoute(balancer, PortalScope.INTERNAL);
    private final List<ConnectAttempts> open = new ArrayList<>();

    private ConnectAttempts connect() {
        ConnectAttempts attempts = new ConnectAttempts(table, route, CLIENT, VIP, List.of(Duration.ofSeconds(1)), 0);
        open.add(attempts);
        return attempts;
    }

    private void connect(int count) {
        for (int i = 0; i < count; i++) {
            assertThat(connect().next(0)).as("connection %s", open.size()).isNotNull();
        }
    }

    private void endpointIsPortal() {
        table.put(new Portal.Address(Protocol.TCP, IpAddress.of("192.168.10.2"), 80), route);
    }

    @Test
    void manyConnectionsWithoutAnAnswerToAPortalAreALoop() {
        endpointIsPortal();
        connect(2 * LoopGuard.MANY);
        ConnectAttempts next = connect();
        assertThat(next.next(0)).isNull();
        assertThat(next.refusal()).isEqualTo(RefusalReason.LOOP);
        open.forEach(ConnectAttempts::ended);
        assertThat(connect().next(0)).as("with the others gone").isNotNull();
    }

    /** So that clients that say nothing keep nobody else out. */
    @Test
    void ofManySilentConnectionsFewAreRefused() {
        endpointIsPortal();
        connect(2 * LoopGuard.MANY);
        assertThat(connect().next(0)).isNull();
        connect(LoopGuard.MANY);
        assertThat(connect().next(0)).isNull();
    }

    @Test
    void anAnswerBeginsTheCountAnew() {
        endpointIsPortal();
        connect(2 * LoopGuard.MANY);
        balancer.counters().bytesOut().add(1);
        connect(LoopGuard.MANY);
        assertThat(connect().next(0)).isNull();
    }

    @Test
    void anEndpointThatIsNoPortalMayHaveAsManyAsItLikes() {
        connect(4 * LoopGuard.MANY);
        assertThat(Objects.requireNonNull(balancer.reachable().upstream(0)).open())
                .isEqualTo(4 * LoopGuard.MANY);
    }
}
