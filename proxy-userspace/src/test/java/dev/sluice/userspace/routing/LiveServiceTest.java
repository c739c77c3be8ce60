package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.config.Scheduler;
import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Pool;
import dev.sluice.userspace.balance.Target;
import dev.sluice.userspace.balance.Tried;
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

class LiveServiceTest {
    private static final IpAddress CLIENT = IpAddress.of("192.0.2.1");
    private static final IpAddress VIP = IpAddress.of("10.96.0.1");
    private static final Endpoint A = Endpoints.local("10.244.1.1", 80);
    private static final Endpoint B = Endpoints.remote("10.244.2.2", 80);
    private static final Endpoint C = Endpoints.remote("10.244.2.3", 80);

    private static LiveService live(ServicePort service, Endpoint... endpoints) {
        return new LiveService(Endpoints.resolved(service, endpoints));
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.1", 80);
    }

    private static Target.Key key(Endpoint endpoint) {
        return Target.Key.of(endpoint);
    }

    private static Target target(LiveService live, Endpoint endpoint) {
        return Objects.requireNonNull(live.reachable().find(key(endpoint)));
    }

    private static List<Target.Key> keys(Pool pool) {
        return IntStream.range(0, pool.size())
                .mapToObj(i -> pool.target(i).key())
                .toList();
    }

    private static @Nullable Target next(LiveService live, IpAddress client, @Nullable Tried tried, long now) {
        return live.choose(live.endpoints(Scope.INTERNAL, false), client, VIP, tried, now);
    }

    private static Target choose(LiveService live, IpAddress client, long now) {
        return Objects.requireNonNull(next(live, client, null, now));
    }

    private static @Nullable Target pinned(LiveService live, long now) {
        return live.pinned(live.endpoints(Scope.INTERNAL, false), CLIENT, now);
    }

    @Test
    void connectionsTakeTurnsAndAFailedOneTriesTheOthers() {
        LiveService live = live(web().build(), A, B, C);
        assertThat(Stream.generate(() -> choose(live, CLIENT, 0).key()).limit(4))
                .containsExactly(key(A), key(B), key(C), key(A));
        Tried tried = new Tried();
        Set<Target.Key> seen = new HashSet<>();
        for (int i = 0; i < 3; i++) {
            Target next = Objects.requireNonNull(next(live, CLIENT, tried, 0));
            tried.add(next);
            seen.add(next.key());
        }
        assertThat(seen).containsExactlyInAnyOrder(key(A), key(B), key(C));
        assertThat(next(live, CLIENT, tried, 0)).isNull();
        tried.clear();
        assertThat(next(live, CLIENT, tried, 0)).isNotNull();
    }

    @Test
    void noEndpointsNoAttempt() {
        assertThat(next(live(web().build()), CLIENT, null, 0)).isNull();
    }

    @Test
    void policiesDecideByThePortalAndTheClient() {
        LiveService outer = live(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(keys(outer.endpoints(Scope.INTERNAL, false))).containsExactly(key(A), key(B));
        assertThat(keys(outer.endpoints(Scope.EXTERNAL, false))).containsExactly(key(A));
        assertThat(keys(outer.endpoints(Scope.EXTERNAL, true))).containsExactly(key(A), key(B));
        LiveService inner = live(web().nodePort(30080).internalPolicyLocal().build(), A, B);
        assertThat(keys(inner.endpoints(Scope.INTERNAL, true))).containsExactly(key(A));
        assertThat(keys(inner.endpoints(Scope.EXTERNAL, false))).containsExactly(key(A), key(B));
    }

    @Test
    void datagramsOfUnknownPortalFollowThePolicyOfTheirClient() {
        LiveService outer = live(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(keys(outer.datagramEndpoints(true))).containsExactly(key(A), key(B));
        assertThat(keys(outer.datagramEndpoints(false))).containsExactly(key(A));
        LiveService elsewhere = live(web().nodePort(30080).externalPolicyLocal().build(), B);
        assertThat(keys(elsewhere.datagramEndpoints(false)))
                .as("admitted by the rules, so meant for the cluster address")
                .containsExactly(key(B));
    }

    @Test
    void affinityHoldsAClientUntilItHasBeenAwayForTheTime() {
        LiveService live = live(web().affinity(10).build(), A, B);
        long now = 5;
        Target first = choose(live, CLIENT, now);
        live.served(CLIENT, first, now);
        assertThat(choose(live, IpAddress.of("192.0.2.2"), now)).isNotEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(live, CLIENT, now)).isEqualTo(first);
        live.served(CLIENT, first, now);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(live, CLIENT, now)).as("refreshed").isEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(10);
        assertThat(pinned(live, now)).isNull();
    }

    @Test
    void clientsBeyondTheMostAreNotHeldUntilOthersHaveExpired() {
        LiveService live = live(web().affinity(10).build(), A, B);
        Target a = target(live, A);
        IntStream.range(0, Affinity.MAX_CLIENTS).forEach(i -> live.served(client(i), a, 0));
        live.served(CLIENT, a, 1);
        assertThat(pinned(live, 1)).isNull();
        assertThat(live.pinned(live.reachable(), client(7), 1)).isSameAs(a);
        long later = TimeUnit.SECONDS.toNanos(10);
        for (int i = 0; i < Affinity.CLIENTS_PER_SWEEP; i++) {
            live.served(CLIENT, a, later);
        }
        assertThat(pinned(live, later)).isSameAs(a);
    }

    private static IpAddress client(int number) {
        return new IpAddress(CLIENT.family(), 0, 0x0a000000L + number);
    }

    @Test
    void affinityEndsWithTheEndpointOrTheSetting() {
        LiveService live = live(web().affinity(10).build(), A, B);
        live.served(CLIENT, target(live, A), 0);
        live.update(Endpoints.resolved(web().affinity(10).build(), B));
        live.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(pinned(live, 0)).as("an endpoint that was away").isNull();
        Target a = target(live, A);
        live.served(CLIENT, a, 0);
        assertThat(pinned(live, 0)).isSameAs(a);
        assertThat(live.pinned(Pool.of(List.of(target(live, B)), List.of(1), false), CLIENT, 0))
                .as("not allowed")
                .isNull();
        live.update(Endpoints.resolved(web().build(), A, B));
        live.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(pinned(live, 0)).isNull();
    }

    @Test
    void anotherEndpointIsTriedWhenThePinnedOneFails() {
        LiveService live = live(web().affinity(10).build(), A, B);
        live.served(CLIENT, target(live, B), 0);
        assertThat(choose(live, CLIENT, 0)).isSameAs(target(live, B));
        Tried tried = new Tried();
        tried.add(target(live, B));
        assertThat(next(live, CLIENT, tried, 0)).isSameAs(target(live, A));
    }

    @Test
    void aPinnedEndpointThatIsEjectedLetsItsClientsGo() {
        LiveService live = live(web().affinity(10).build(), A, B);
        Target b = target(live, B);
        live.served(CLIENT, b, 0);
        for (int i = 0; i < 3; i++) {
            live.failed(b, 0);
        }
        assertThat(choose(live, CLIENT, 1)).isSameAs(target(live, A));
        assertThat(live.counters().ejections()).isEqualTo(1);
        live.reached(b);
        assertThat(choose(live, CLIENT, 1)).isSameAs(b);
    }

    @Test
    void ofTheClientsHeldToAnEjectedEndpointOneTriesIt() {
        LiveService live = live(web().affinity(10).build(), A, B);
        Target b = target(live, B);
        IpAddress other = IpAddress.of("192.0.2.2");
        live.served(CLIENT, b, 0);
        live.served(other, b, 0);
        for (int i = 0; i < 3; i++) {
            live.failed(b, 0);
        }
        long later = TimeUnit.SECONDS.toNanos(1);
        assertThat(choose(live, CLIENT, later)).isSameAs(b);
        assertThat(choose(live, other, later)).isSameAs(target(live, A));
        live.failed(b, later);
        assertThat(b.ejectedFor(later)).hasSeconds(2);
        assertThat(live.counters().ejections()).isEqualTo(2);
    }

    @Test
    void neverMoreConnectionsThanTheLimitHoweverManyComeAtOnce() throws Exception {
        LiveService live = live(web().build(), A);
        live.update(live.resolved(), new ServicePolicy(Scheduler.RR, null, List.of(), null, null, 3, null), e -> 1);
        AtomicInteger inside = new AtomicInteger();
        AtomicInteger most = new AtomicInteger();
        List<Thread> loops = Stream.generate(() -> Thread.ofPlatform().start(() -> {
                    for (int i = 0; i < 20_000; i++) {
                        if (live.enter()) {
                            most.accumulateAndGet(inside.incrementAndGet(), Math::max);
                            inside.decrementAndGet();
                            live.leave();
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
        assertThat(live.counters().connections() + live.counters().refusals(Refusal.CONNECTION_LIMIT))
                .isEqualTo(120_000);
    }

    @Test
    void aTargetKeepsItsConnectionsAcrossChanges() {
        LiveService live = live(web().build(), A, B);
        Target a = target(live, A);
        a.opened();
        live.update(Endpoints.resolved(web().build(), A, C));
        assertThat(target(live, A)).isSameAs(a);
        assertThat(target(live, A).open()).isEqualTo(1);
    }

    @Test
    void placesAreLimitedByThePolicy() {
        ServicePolicy two = new ServicePolicy(Scheduler.RR, null, List.of(), null, null, 2, null);
        LiveService live = new LiveService(Endpoints.resolved(web().build(), A), two, Endpoint::weight);
        assertThat(live.enter()).isTrue();
        assertThat(live.enter()).isTrue();
        assertThat(live.enter()).isFalse();
        assertThat(live.counters().refusals(Refusal.CONNECTION_LIMIT)).isEqualTo(1);
        live.leave();
        assertThat(live.enter()).isTrue();
        assertThat(live.open()).isEqualTo(2);
        assertThat(live.counters().connections()).isEqualTo(3);
    }

    @Test
    void anEndpointOfWeight0GetsNothing() {
        LiveService live = new LiveService(
                Endpoints.resolved(web().build(), A, B), ServicePolicy.of(Scheduler.RR), e -> e.equals(A) ? 0 : 1);
        assertThat(Stream.generate(() -> choose(live, CLIENT, 0).key()).limit(4))
                .containsOnly(key(B));
    }
}
