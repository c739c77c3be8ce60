// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.ExcludedUpstreams;
import dev.sluice.userspace.balance.Scheduler;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.balance.UpstreamPool;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class PortBalancerTest {
    private static final IpAddress CLIENT = IpAddress.of("192.0.2.1");
    private static final IpAddress VIP = IpAddress.of("10.96.0.1");
    private static final Endpoint A = Endpoints.local("10.244.1.1", 80);
    private static final Endpoint B = Endpoints.remote("10.244.2.2", 80);
    private static final Endpoint C = Endpoints.remote("10.244.2.3", 80);

    private static PortBalancer balancer(ServicePort service, Endpoint... endpoints) {
        return new PortBalancer(Endpoints.resolved(service, endpoints));
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.1", 80);
    }

    private static SocketAddress key(Endpoint endpoint) {
        return endpoint.socketAddress();
    }

    private static Upstream upstream(PortBalancer balancer, Endpoint endpoint) {
        return Objects.requireNonNull(balancer.reachable().find(key(endpoint)));
    }

    private static List<SocketAddress> keys(UpstreamPool pool) {
        return IntStream.range(0, pool.size())
                .mapToObj(i -> pool.upstream(i).key())
                .toList();
    }

    private static @Nullable Upstream next(
            PortBalancer balancer, IpAddress client, @Nullable ExcludedUpstreams excluded, long now) {
        return balancer.choose(balancer.endpoints(PortalScope.INTERNAL, false), client, VIP, excluded, now);
    }

    private static Upstream choose(PortBalancer balancer, IpAddress client, long now) {
        return Objects.requireNonNull(next(balancer, client, null, now));
    }

    private static @Nullable Upstream pinned(PortBalancer balancer, long now) {
        return balancer.pinned(balancer.endpoints(PortalScope.INTERNAL, false), CLIENT, now);
    }

    @Test
    void connectionsTakeTurnsAndAFailedOneTriesTheOthers() {
        PortBalancer balancer = balancer(web().build(), A, B, C);
        assertThat(Stream.generate(() -> choose(balancer, CLIENT, 0).key()).limit(4))
                .containsExactly(key(A), key(B), key(C), key(A));
        ExcludedUpstreams excluded = new ExcludedUpstreams();
        Set<SocketAddress> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            Upstream next = Objects.requireNonNull(next(balancer, CLIENT, excluded, 0));
            excluded.add(next);
            seen.add(next.key());
        }
        assertThat(seen).containsExactlyInAnyOrder(key(A), key(B), key(C));
        assertThat(next(balancer, CLIENT, excluded, 0)).isNull();
        excluded.clear();
        assertThat(next(balancer, CLIENT, excluded, 0)).isNotNull();
    }

    @Test
    void noEndpointsNoAttempt() {
        assertThat(next(balancer(web().build()), CLIENT, null, 0)).isNull();
    }

    @Test
    void policiesDecideByThePortalAndTheClient() {
        PortBalancer outer =
                balancer(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(keys(outer.endpoints(PortalScope.INTERNAL, false))).containsExactly(key(A), key(B));
        assertThat(keys(outer.endpoints(PortalScope.EXTERNAL, false))).containsExactly(key(A));
        assertThat(keys(outer.endpoints(PortalScope.EXTERNAL, true))).containsExactly(key(A), key(B));
        PortBalancer inner =
                balancer(web().nodePort(30080).internalPolicyLocal().build(), A, B);
        assertThat(keys(inner.endpoints(PortalScope.INTERNAL, true))).containsExactly(key(A));
        assertThat(keys(inner.endpoints(PortalScope.EXTERNAL, false))).containsExactly(key(A), key(B));
    }

    @Test
    void aPolicyAlsoDecidesWhichFlowsGoOn() {
        PortBalancer balancer = balancer(web().nodePort(30080).build(), A, B);
        Upstream here = upstream(balancer, A);
        Upstream elsewhere = upstream(balancer, B);
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.EXTERNAL, false)).isTrue();
        balancer.update(resolved(web().nodePort(30080).externalPolicyLocal().build(), A, B));
        assertThat(balancer.keepsFlow(here, PortalScope.EXTERNAL, false)).isTrue();
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.EXTERNAL, false)).isFalse();
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.EXTERNAL, true))
                .as("a client of the node")
                .isTrue();
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.INTERNAL, false)).isTrue();
        balancer.update(resolved(web().nodePort(30080).internalPolicyLocal().build(), A, B));
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.INTERNAL, true)).isFalse();
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.EXTERNAL, false)).isTrue();
        balancer.update(resolved(web().nodePort(30080).build(), A));
        assertThat(balancer.keepsFlow(elsewhere, PortalScope.EXTERNAL, true)).isFalse();
    }

    private static ResolvedPort resolved(ServicePort service, Endpoint... endpoints) {
        return Endpoints.resolved(service, endpoints);
    }

    @Test
    void affinityHoldsAClientUntilItHasBeenAwayForTheTime() {
        PortBalancer balancer = balancer(web().affinity(10).build(), A, B);
        long now = 5;
        Upstream first = choose(balancer, CLIENT, now);
        balancer.connected(CLIENT, first, now);
        assertThat(choose(balancer, IpAddress.of("192.0.2.2"), now)).isNotEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(balancer, CLIENT, now)).isEqualTo(first);
        balancer.connected(CLIENT, first, now);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(balancer, CLIENT, now)).as("refreshed").isEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(10);
        assertThat(pinned(balancer, now)).isNull();
    }

    @Test
    void clientsBeyondTheLimitGetNoAffinityUntilOthersExpire() {
        PortBalancer balancer = balancer(web().affinity(10).build(), A, B);
        Upstream a = upstream(balancer, A);
        IntStream.range(0, AffinityTable.MAX_CLIENTS).forEach(i -> balancer.connected(client(i), a, 0));
        balancer.connected(CLIENT, a, 1);
        assertThat(pinned(balancer, 1)).isNull();
        assertThat(balancer.pinned(balancer.reachable(), client(7), 1)).isSameAs(a);
        long later = TimeUnit.SECONDS.toNanos(10);
        for (int i = 0; i < AffinityTable.CLIENTS_PER_SWEEP; i++) {
            balancer.connected(CLIENT, a, later);
        }
        assertThat(pinned(balancer, later)).isSameAs(a);
    }

    private static IpAddress client(int number) {
        return new IpAddress(CLIENT.family(), 0, 0x0a000000L + number);
    }

    @Test
    void affinityEndsWithTheEndpointOrTheSetting() {
        PortBalancer balancer = balancer(web().affinity(10).build(), A, B);
        balancer.connected(CLIENT, upstream(balancer, A), 0);
        balancer.update(Endpoints.resolved(web().affinity(10).build(), B));
        balancer.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(pinned(balancer, 0)).as("an endpoint that was away").isNull();
        Upstream a = upstream(balancer, A);
        balancer.connected(CLIENT, a, 0);
        assertThat(pinned(balancer, 0)).isSameAs(a);
        assertThat(balancer.pinned(UpstreamPool.of(List.of(upstream(balancer, B)), List.of(1), false), CLIENT, 0))
                .as("not allowed")
                .isNull();
        balancer.update(Endpoints.resolved(web().build(), A, B));
        balancer.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(pinned(balancer, 0)).isNull();
    }

    @Test
    void anotherEndpointIsTriedWhenThePinnedOneFails() {
        PortBalancer balancer = balancer(web().affinity(10).build(), A, B);
        balancer.connected(CLIENT, upstream(balancer, B), 0);
        assertThat(choose(balancer, CLIENT, 0)).isSameAs(upstream(balancer, B));
        ExcludedUpstreams excluded = new ExcludedUpstreams();
        excluded.add(upstream(balancer, B));
        assertThat(next(balancer, CLIENT, excluded, 0)).isSameAs(upstream(balancer, A));
    }

    @Test
    void aPinnedEndpointThatIsEjectedLetsItsClientsGo() {
        PortBalancer balancer = balancer(web().affinity(10).build(), A, B);
        Upstream b = upstream(balancer, B);
        balancer.connected(CLIENT, b, 0);
        for (int i = 0; i < 3; i++) {
            balancer.failed(b, 0);
        }
        assertThat(choose(balancer, CLIENT, 1)).isSameAs(upstream(balancer, A));
        assertThat(balancer.counters().ejections()).isEqualTo(1);
        balancer.answered(b);
        assertThat(choose(balancer, CLIENT, 1)).isSameAs(b);
    }

    @Test
    void ofTheClientsHeldToAnEjectedEndpointOneTriesIt() {
        PortBalancer balancer = balancer(web().affinity(10).build(), A, B);
        Upstream b = upstream(balancer, B);
        IpAddress other = IpAddress.of("192.0.2.2");
        balancer.connected(CLIENT, b, 0);
        balancer.connected(other, b, 0);
        for (int i = 0; i < 3; i++) {
            balancer.failed(b, 0);
        }
        long later = TimeUnit.SECONDS.toNanos(1);
        assertThat(choose(balancer, CLIENT, later)).isSameAs(b);
        assertThat(choose(balancer, other, later)).isSameAs(upstream(balancer, A));
        balancer.failed(b, later);
        assertThat(b.ejectedFor(later)).hasSeconds(2);
        assertThat(balancer.counters().ejections()).isEqualTo(2);
    }

    @Test
    void neverMoreConnectionsThanTheLimitHoweverManyComeAtOnce() throws Exception {
        PortBalancer balancer = balancer(web().build(), A);
        balancer.update(
                balancer.resolved(),
                new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 3, null, false),
                e -> 1);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> loops = Stream.generate(() -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        if (balancer.admit()) {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            inside.decrementAndGet();
                            balancer.release();
                        }
                    }
                }))
                .limit(6)
                .toList();
        for (Thread loop : loops) {
            loop.join();
        }
        assertThat(most.get()).isBetween(1, 3);
        assertThat(balancer.open()).isZero();
        assertThat(balancer.counters().connections() + balancer.counters().refusals(RefusalReason.CONNECTION_LIMIT))
                .isEqualTo(120_000);
    }

    @Test
    void anUpstreamKeepsItsConnectionsAcrossChanges() {
        PortBalancer balancer = balancer(web().build(), A, B);
        Upstream a = upstream(balancer, A);
        a.opened();
        balancer.update(Endpoints.resolved(web().build(), A, C));
        assertThat(upstream(balancer, A)).isSameAs(a);
        assertThat(upstream(balancer, A).open()).isEqualTo(1);
    }

    @Test
    void connectionsAreLimitedByThePolicy() {
        ConnectionPolicy two = new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 2, null, false);
        PortBalancer balancer = new PortBalancer(Endpoints.resolved(web().build(), A), two, Endpoint::weight);
        assertThat(balancer.admit()).isTrue();
        assertThat(balancer.admit()).isTrue();
        assertThat(balancer.admit()).isFalse();
        assertThat(balancer.counters().refusals(RefusalReason.CONNECTION_LIMIT)).isEqualTo(1);
        balancer.release();
        assertThat(balancer.admit()).isTrue();
        assertThat(balancer.open()).isEqualTo(2);
        assertThat(balancer.counters().connections()).isEqualTo(3);
    }

    @Test
    void anEndpointOfWeight0GetsNothing() {
        PortBalancer balancer = new PortBalancer(
                Endpoints.resolved(web().build(), A, B), ConnectionPolicy.of(Scheduler.RR), e -> e.equals(A) ? 0 : 1);
        assertThat(Stream.generate(() -> choose(balancer, CLIENT, 0).key()).limit(4))
                .containsOnly(key(B));
    }
}
