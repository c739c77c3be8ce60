package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.Scheduler;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.ExcludedUpstreams;
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

    private static PortBalancer live(ServicePort service, Endpoint... endpoints) {
        return new PortBalancer(Endpoints.resolved(service, endpoints));
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.1", 80);
    }

    private static Upstream.Key key(Endpoint endpoint) {
        return Upstream.Key.of(endpoint);
    }

    private static Upstream upstream(PortBalancer live, Endpoint endpoint) {
        return Objects.requireNonNull(live.reachable().find(key(endpoint)));
    }

    private static List<Upstream.Key> keys(UpstreamPool pool) {
        return IntStream.range(0, pool.size())
                .mapToObj(i -> pool.upstream(i).key())
                .toList();
    }

    private static @Nullable Upstream next(
            PortBalancer live, IpAddress client, @Nullable ExcludedUpstreams excluded, long now) {
        return live.choose(live.endpoints(PortalScope.INTERNAL, false), client, VIP, excluded, now);
    }

    private static Upstream choose(PortBalancer live, IpAddress client, long now) {
        return Objects.requireNonNull(next(live, client, null, now));
    }

    private static @Nullable Upstream pinned(PortBalancer live, long now) {
        return live.pinned(live.endpoints(PortalScope.INTERNAL, false), CLIENT, now);
    }

    @Test
    void connectionsTakeTurnsAndAFailedOneTriesTheOthers() {
        PortBalancer live = live(web().build(), A, B, C);
        assertThat(Stream.generate(() -> choose(live, CLIENT, 0).key()).limit(4))
                .containsExactly(key(A), key(B), key(C), key(A));
        ExcludedUpstreams excluded = new ExcludedUpstreams();
        Set<Upstream.Key> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            Upstream next = Objects.requireNonNull(next(live, CLIENT, excluded, 0));
            excluded.add(next);
            seen.add(next.key());
        }
        assertThat(seen).containsExactlyInAnyOrder(key(A), key(B), key(C));
        assertThat(next(live, CLIENT, excluded, 0)).isNull();
        excluded.clear();
        assertThat(next(live, CLIENT, excluded, 0)).isNotNull();
    }

    @Test
    void noEndpointsNoAttempt() {
        assertThat(next(live(web().build()), CLIENT, null, 0)).isNull();
    }

    @Test
    void policiesDecideByThePortalAndTheClient() {
        PortBalancer outer = live(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(keys(outer.endpoints(PortalScope.INTERNAL, false))).containsExactly(key(A), key(B));
        assertThat(keys(outer.endpoints(PortalScope.EXTERNAL, false))).containsExactly(key(A));
        assertThat(keys(outer.endpoints(PortalScope.EXTERNAL, true))).containsExactly(key(A), key(B));
        PortBalancer inner = live(web().nodePort(30080).internalPolicyLocal().build(), A, B);
        assertThat(keys(inner.endpoints(PortalScope.INTERNAL, true))).containsExactly(key(A));
        assertThat(keys(inner.endpoints(PortalScope.EXTERNAL, false))).containsExactly(key(A), key(B));
    }

    @Test
    void datagramsOfUnknownPortalFollowThePolicyOfTheirClient() {
        PortBalancer outer = live(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(keys(outer.datagramEndpoints(true))).containsExactly(key(A), key(B));
        assertThat(keys(outer.datagramEndpoints(false))).containsExactly(key(A));
        PortBalancer elsewhere =
                live(web().nodePort(30080).externalPolicyLocal().build(), B);
        assertThat(keys(elsewhere.datagramEndpoints(false)))
                .as("admitted by the rules, so meant for the cluster address")
                .containsExactly(key(B));
    }

    @Test
    void affinityHoldsAClientUntilItHasBeenAwayForTheTime() {
        PortBalancer live = live(web().affinity(10).build(), A, B);
        long now = 5;
        Upstream first = choose(live, CLIENT, now);
        live.connected(CLIENT, first, now);
        assertThat(choose(live, IpAddress.of("192.0.2.2"), now)).isNotEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(live, CLIENT, now)).isEqualTo(first);
        live.connected(CLIENT, first, now);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(live, CLIENT, now)).as("refreshed").isEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(10);
        assertThat(pinned(live, now)).isNull();
    }

    @Test
    void clientsBeyondTheMostAreNotHeldUntilOthersHaveExpired() {
        PortBalancer live = live(web().affinity(10).build(), A, B);
        Upstream a = upstream(live, A);
        IntStream.range(0, AffinityTable.MAX_CLIENTS).forEach(i -> live.connected(client(i), a, 0));
        live.connected(CLIENT, a, 1);
        assertThat(pinned(live, 1)).isNull();
        assertThat(live.pinned(live.reachable(), client(7), 1)).isSameAs(a);
        long later = TimeUnit.SECONDS.toNanos(10);
        for (int i = 0; i < AffinityTable.CLIENTS_PER_SWEEP; i++) {
            live.connected(CLIENT, a, later);
        }
        assertThat(pinned(live, later)).isSameAs(a);
    }

    private static IpAddress client(int number) {
        return new IpAddress(CLIENT.family(), 0, 0x0a000000L + number);
    }

    @Test
    void affinityEndsWithTheEndpointOrTheSetting() {
        PortBalancer live = live(web().affinity(10).build(), A, B);
        live.connected(CLIENT, upstream(live, A), 0);
        live.update(Endpoints.resolved(web().affinity(10).build(), B));
        live.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(pinned(live, 0)).as("an endpoint that was away").isNull();
        Upstream a = upstream(live, A);
        live.connected(CLIENT, a, 0);
        assertThat(pinned(live, 0)).isSameAs(a);
        assertThat(live.pinned(UpstreamPool.of(List.of(upstream(live, B)), List.of(1), false), CLIENT, 0))
                .as("not allowed")
                .isNull();
        live.update(Endpoints.resolved(web().build(), A, B));
        live.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(pinned(live, 0)).isNull();
    }

    @Test
    void anotherEndpointIsTriedWhenThePinnedOneFails() {
        PortBalancer live = live(web().affinity(10).build(), A, B);
        live.connected(CLIENT, upstream(live, B), 0);
        assertThat(choose(live, CLIENT, 0)).isSameAs(upstream(live, B));
        ExcludedUpstreams excluded = new ExcludedUpstreams();
        excluded.add(upstream(live, B));
        assertThat(next(live, CLIENT, excluded, 0)).isSameAs(upstream(live, A));
    }

    @Test
    void aPinnedEndpointThatIsEjectedLetsItsClientsGo() {
        PortBalancer live = live(web().affinity(10).build(), A, B);
        Upstream b = upstream(live, B);
        live.connected(CLIENT, b, 0);
        for (int i = 0; i < 3; i++) {
            live.failed(b, 0);
        }
        assertThat(choose(live, CLIENT, 1)).isSameAs(upstream(live, A));
        assertThat(live.counters().ejections()).isEqualTo(1);
        live.answered(b);
        assertThat(choose(live, CLIENT, 1)).isSameAs(b);
    }

    @Test
    void ofTheClientsHeldToAnEjectedEndpointOneTriesIt() {
        PortBalancer live = live(web().affinity(10).build(), A, B);
        Upstream b = upstream(live, B);
        IpAddress other = IpAddress.of("192.0.2.2");
        live.connected(CLIENT, b, 0);
        live.connected(other, b, 0);
        for (int i = 0; i < 3; i++) {
            live.failed(b, 0);
        }
        long later = TimeUnit.SECONDS.toNanos(1);
        assertThat(choose(live, CLIENT, later)).isSameAs(b);
        assertThat(choose(live, other, later)).isSameAs(upstream(live, A));
        live.failed(b, later);
        assertThat(b.ejectedFor(later)).hasSeconds(2);
        assertThat(live.counters().ejections()).isEqualTo(2);
    }

    @Test
    void neverMoreConnectionsThanTheLimitHoweverManyComeAtOnce() throws Exception {
        PortBalancer live = live(web().build(), A);
        live.update(live.resolved(), new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 3, null), e -> 1);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> loops = Stream.generate(() -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        if (live.admit()) {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            inside.decrementAndGet();
                            live.release();
                        }
                    }
                }))
                .limit(6)
                .toList();
        for (Thread loop : loops) {
            loop.join();
        }
        assertThat(most.get()).isBetween(1, 3);
        assertThat(live.open()).isZero();
        assertThat(live.counters().connections() + live.counters().refusals(RefusalReason.CONNECTION_LIMIT))
                .isEqualTo(120_000);
    }

    @Test
    void aTargetKeepsItsConnectionsAcrossChanges() {
        PortBalancer live = live(web().build(), A, B);
        Upstream a = upstream(live, A);
        a.opened();
        live.update(Endpoints.resolved(web().build(), A, C));
        assertThat(upstream(live, A)).isSameAs(a);
        assertThat(upstream(live, A).open()).isEqualTo(1);
    }

    @Test
    void placesAreLimitedByThePolicy() {
        ConnectionPolicy two = new ConnectionPolicy(Scheduler.RR, null, List.of(), null, null, 2, null);
        PortBalancer live = new PortBalancer(Endpoints.resolved(web().build(), A), two, Endpoint::weight);
        assertThat(live.admit()).isTrue();
        assertThat(live.admit()).isTrue();
        assertThat(live.admit()).isFalse();
        assertThat(live.counters().refusals(RefusalReason.CONNECTION_LIMIT)).isEqualTo(1);
        live.release();
        assertThat(live.admit()).isTrue();
        assertThat(live.open()).isEqualTo(2);
        assertThat(live.counters().connections()).isEqualTo(3);
    }

    @Test
    void anEndpointOfWeight0GetsNothing() {
        PortBalancer live = new PortBalancer(
                Endpoints.resolved(web().build(), A, B), ConnectionPolicy.of(Scheduler.RR), e -> e.equals(A) ? 0 : 1);
        assertThat(Stream.generate(() -> choose(live, CLIENT, 0).key()).limit(4))
                .containsOnly(key(B));
    }
}
