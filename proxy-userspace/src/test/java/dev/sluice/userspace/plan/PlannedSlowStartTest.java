// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.Endpoint;
import dev.sluice.core.model.ResolvedPort;
import dev.sluice.testkit.model.Endpoints;
import dev.sluice.testkit.model.ServicePorts;
import dev.sluice.userspace.balance.Scheduler;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Nine steps of ten seconds each. */
class PlannedSlowStartTest {
    private long now = 5;
    private final SyncPlanner planner = new SyncPlanner(Scheduler.RR, () -> now);

    private static ResolvedPort web(Map<String, String> annotations, Integer... endpoints) {
        List<Endpoint> list = Arrays.stream(endpoints)
                .map(n -> Endpoints.remote("10.244.1." + n, 8080))
                .toList();
        return Endpoints.resolved(
                ServicePorts.tcp("shop/web", "10.96.0.1", 80)
                        .annotations(annotations)
                        .build(),
                list);
    }

    private List<Integer> weights(ResolvedPort port) {
        planner.plan(Set.of(port.name()), name -> port);
        DesiredPort desired = Objects.requireNonNull(planner.ports().get(port.name()));
        return port.endpoints().reachable().stream()
                .map(desired.weights()::applyAsInt)
                .toList();
    }

    private static ResolvedPort slow(Integer... endpoints) {
        return web(Map.of("sluice.dev/scheduler", "wlc", "sluice.dev/slow-start", "90s"), endpoints);
    }

    private void pass(int seconds) {
        now += Duration.ofSeconds(seconds).toNanos();
    }

    @Test
    void aNewEndpointRisesInSteps() {
        assertThat(weights(slow(1))).containsExactly(10);
        assertThat(planner.nextStep()).isEmpty();
        assertThat(weights(slow(1, 2))).containsExactly(10, 1);
        assertThat(planner.nextStep()).contains(Duration.ofSeconds(10));
        assertThat(planner.due()).isEmpty();
        pass(10);
        assertThat(planner.due()).hasSize(1);
        assertThat(weights(slow(1, 2))).containsExactly(10, 2);
        pass(79);
        assertThat(weights(slow(1, 2))).containsExactly(10, 9);
        pass(1);
        assertThat(weights(slow(1, 2))).containsExactly(10, 10);
        assertThat(planner.nextStep()).isEmpty();
    }

    @Test
    void theAnnotationMayBeAddedAndRemoved() {
        ResolvedPort plain = web(Map.of("sluice.dev/scheduler", "wlc"), 1, 2);
        assertThat(weights(plain)).containsExactly(1, 1);
        assertThat(weights(slow(1, 2))).as("no endpoint is new").containsExactly(10, 10);
        assertThat(weights(slow(1, 2, 3))).containsExactly(10, 10, 1);
        assertThat(weights(web(Map.of("sluice.dev/scheduler", "wlc"), 1, 2, 3))).containsExactly(1, 1, 1);
        assertThat(planner.nextStep()).isEmpty();
    }

    @Test
    void aRemovedServiceIsForgotten() {
        weights(slow(1));
        weights(slow(1, 2));
        planner.plan(Set.of(slow().name()), name -> null);
        assertThat(planner.nextStep()).isEmpty();
        assertThat(planner.ports().names()).isEmpty();
    }
}
