package dev.sluice.userspace.routing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ServicePort;
import dev.sluice.core.net.IpAddress;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class LiveServiceTest {
    private static final IpAddress CLIENT = IpAddress.of("192.0.2.1");
    private static final Endpoint A = Endpoints.local("10.244.1.1", 80);
    private static final Endpoint B = Endpoints.remote("10.244.2.2", 80);
    private static final Endpoint C = Endpoints.remote("10.244.2.3", 80);

    private static LiveService live(ServicePort service, Endpoint... endpoints) {
        return new LiveService(Endpoints.resolved(service, endpoints));
    }

    private static ServicePorts web() {
        return ServicePorts.tcp("shop/web", "10.96.0.1", 80);
    }

    private static Endpoint choose(LiveService live, IpAddress client, long now) {
        List<Endpoint> allowed = live.endpoints(Scope.INTERNAL, false);
        return Objects.requireNonNull(live.choose(allowed, client, now).next());
    }

    @Test
    void connectionsTakeTurnsAndAFailedOneGoesOnRound() {
        LiveService live = live(web().build(), A, B, C);
        assertThat(Arrays.asList(
                        choose(live, CLIENT, 0),
                        choose(live, CLIENT, 0),
                        choose(live, CLIENT, 0),
                        choose(live, CLIENT, 0)))
                .containsExactly(A, B, C, A);
        Attempts attempts = live.choose(live.endpoints(Scope.INTERNAL, false), CLIENT, 0);
        List<Endpoint> tried = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            tried.add(Objects.requireNonNull(attempts.next()));
        }
        assertThat(tried).containsExactly(B, C, A, B);
    }

    @Test
    void noEndpointsNoAttempt() {
        LiveService live = live(web().build());
        assertThat(live.choose(live.endpoints(Scope.INTERNAL, false), CLIENT, 0).next())
                .isNull();
    }

    @Test
    void policiesDecideByThePortalAndTheClient() {
        LiveService outer = live(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(outer.endpoints(Scope.INTERNAL, false)).containsExactly(A, B);
        assertThat(outer.endpoints(Scope.EXTERNAL, false)).containsExactly(A);
        assertThat(outer.endpoints(Scope.EXTERNAL, true)).containsExactly(A, B);
        LiveService inner = live(web().nodePort(30080).internalPolicyLocal().build(), A, B);
        assertThat(inner.endpoints(Scope.INTERNAL, true)).containsExactly(A);
        assertThat(inner.endpoints(Scope.EXTERNAL, false)).containsExactly(A, B);
    }

    @Test
    void datagramsOfUnknownPortalFollowThePolicyOfTheirClient() {
        LiveService outer = live(web().nodePort(30080).externalPolicyLocal().build(), A, B);
        assertThat(outer.datagramEndpoints(true)).containsExactly(A, B);
        assertThat(outer.datagramEndpoints(false)).containsExactly(A);
        LiveService elsewhere = live(web().nodePort(30080).externalPolicyLocal().build(), B);
        assertThat(elsewhere.datagramEndpoints(false))
                .as("admitted by the rules, so meant for the cluster address")
                .containsExactly(B);
    }

    @Test
    void affinityHoldsAClientUntilItHasBeenAwayForTheTime() {
        LiveService live = live(web().affinity(10).build(), A, B);
        long now = 5;
        Endpoint first = choose(live, CLIENT, now);
        live.served(CLIENT, first, now);
        assertThat(choose(live, IpAddress.of("192.0.2.2"), now)).isNotEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(live, CLIENT, now)).isEqualTo(first);
        live.served(CLIENT, first, now);
        now += TimeUnit.SECONDS.toNanos(9);
        assertThat(choose(live, CLIENT, now)).as("refreshed").isEqualTo(first);
        now += TimeUnit.SECONDS.toNanos(10);
        assertThat(live.pinned(live.endpoints(Scope.INTERNAL, false), CLIENT, now))
                .isNull();
    }

    @Test
    void affinityEndsWithTheEndpointOrTheSetting() {
        LiveService live = live(web().affinity(10).build(), A, B);
        live.served(CLIENT, A, 0);
        live.update(Endpoints.resolved(web().affinity(10).build(), B));
        live.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(live.pinned(List.of(A, B), CLIENT, 0))
                .as("an endpoint that was away")
                .isNull();
        live.served(CLIENT, A, 0);
        assertThat(live.pinned(List.of(A, B), CLIENT, 0)).isEqualTo(A);
        assertThat(live.pinned(List.of(B), CLIENT, 0)).as("not allowed").isNull();
        live.update(Endpoints.resolved(web().build(), A, B));
        live.update(Endpoints.resolved(web().affinity(10).build(), A, B));
        assertThat(live.pinned(List.of(A, B), CLIENT, 0)).isNull();
    }

    @Test
    void theNextEndpointIsTriedWhenThePinnedOneFails() {
        LiveService live = live(web().affinity(10).build(), A, B);
        live.served(CLIENT, B, 0);
        Attempts attempts = live.choose(List.of(A, B), CLIENT, 0);
        assertThat(attempts.next()).isEqualTo(B);
        assertThat(attempts.next()).isEqualTo(A);
        assertThat(attempts.next()).isEqualTo(B);
    }
}
