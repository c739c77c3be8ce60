// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import dev.sluice.core.model.ServiceName;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.source.NodeObject;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class HealthStateTest {
    private Instant now = Instant.parse("2026-01-02T03:04:05Z");
    private final HealthState state = new HealthState(() -> now, Duration.ofSeconds(60), EnumSet.allOf(IpFamily.class));

    @Test
    void isAliveButNotReadyBeforeTheFirstSync() {
        state.nodeIsOptional();
        assertThat(state.now().alive()).isTrue();
        assertThat(state.now().ready()).isFalse();
        assertThat(state.problems()).extracting(HealthProblem::cause).containsExactly(ProblemCause.STARTING);
        state.updated(IpFamily.IPV4);
        assertThat(state.now().ready()).isFalse();
        state.updated(IpFamily.IPV6);
        assertThat(state.now().ready()).isTrue();
        assertThat(state.problems()).isEmpty();
    }

    @Test
    void isNotReadyBeforeItKnowsItsFamiliesAndSaysWhatItWaitsFor() {
        HealthState fresh = new HealthState(() -> now, Duration.ofSeconds(60));
        fresh.nodeIsOptional();
        fresh.waitsFor("Node node-a");
        assertThat(fresh.now().ready()).isFalse();
        assertThat(fresh.now().canWork()).isTrue();
        assertThat(fresh.now().healthzJson())
                .contains("\"healthy\":false", "\"cause\":\"starting\"", "waits for Node node-a");
        fresh.serves(EnumSet.of(IpFamily.IPV4));
        fresh.updated(IpFamily.IPV4);
        assertThat(fresh.now().isHealthy()).isTrue();
    }

    @Test
    void aFailedSyncIsAProblemUntilOneSucceedsAndAloneMakesNothing503() {
        state.nodeIsOptional();
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        state.failed(IpFamily.IPV6, "refused");
        Instant first = now;
        now = now.plusSeconds(30);
        state.failed(IpFamily.IPV6, "refused again");
        assertThat(state.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.SYNC_FAILING);
            assertThat(problem.object()).isEqualTo("IPv6 rules");
            assertThat(problem.message()).contains("refused again");
            assertThat(problem.since()).isEqualTo(first);
        });
        assertThat(state.now().isHealthy()).isTrue();
        assertThat(state.now().canWork()).isTrue();
        state.updated(IpFamily.IPV6);
        assertThat(state.problems()).isEmpty();
    }

    @Test
    void isUnhealthyOnceAQueuedChangeIsOlderThanTheTimeout() {
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        state.queued(IpFamily.IPV4);
        now = now.plusSeconds(60);
        assertThat(state.now().alive()).isTrue();
        state.queued(IpFamily.IPV4);
        now = now.plusMillis(1);
        assertThat(state.now().alive())
                .as("a later request does not make the first one younger")
                .isFalse();
        assertThat(state.now().canWork()).isFalse();
        assertThat(state.problems()).extracting(HealthProblem::cause).contains(ProblemCause.SYNC_LATE);
        state.updated(IpFamily.IPV4);
        assertThat(state.now().alive()).isTrue();
    }

    @Test
    void isHealthyAfterAnHourWithoutChanges() {
        state.nodeIsOptional();
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        now = now.plusSeconds(3600);
        assertThat(state.now().ready()).isTrue();
        assertThat(state.now().healthzJson()).startsWith("{\"lastUpdated\":\"2026-01-02T04:04:05.000000000Z\"");
    }

    @Test
    void aNodeThatIsToBeRemovedIsNotEligible() {
        assertThat(state.now().nodeEligible()).as("no Node known").isFalse();
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        assertThat(state.problems()).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.NODE_NOT_ELIGIBLE);
            assertThat(problem.message()).contains("not known");
        });
        state.node(node(List.of(), false));
        assertThat(state.now().nodeEligible()).isTrue();
        state.node(node(List.of("ToBeDeletedByClusterAutoscaler"), false));
        assertThat(state.now().nodeEligible()).isFalse();
        state.node(node(List.of(), true));
        assertThat(state.now().nodeEligible()).isFalse();
    }

    @Test
    void theBodyHasKubeProxysKeysInItsOrder() {
        state.nodeIsOptional();
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        String time = "\"2026-01-02T03:04:05.000000000Z\"";
        String families = "{\"IPv4\":{\"lastUpdated\":" + time + ",\"healthy\":true},\"IPv6\":{\"lastUpdated\":" + time
                + ",\"healthy\":true}}";
        assertThat(state.now().healthzJson())
                .isEqualTo("{\"lastUpdated\":" + time + ",\"currentTime\":" + time
                        + ",\"nodeEligible\":true,\"healthy\":true,\"status\":" + families + "}");
        assertThat(state.now().livezJson())
                .isEqualTo("{\"lastUpdated\":" + time + ",\"currentTime\":" + time + ",\"healthy\":true,\"status\":"
                        + families + "}");
    }

    @Test
    void anIneligibleNodeStillReadsHealthyTrueInTheBody() {
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        assertThat(state.now().healthzJson()).contains("\"nodeEligible\":false,\"healthy\":true");
    }

    @Test
    void problemsAreNamedAndQuoted() {
        state.nodeIsOptional();
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        state.problems(List.of(
                Problem.skipped(ObjectRef.service(new ServiceName("shop", "web")), "spec.clusterIP", "is \"odd\"\n")));
        String json = state.now().healthzJson();
        assertThat(json)
                .endsWith(",\"problems\":[{\"cause\":\"object\",\"object\":\"Service shop/web\","
                        + "\"field\":\"spec.clusterIP\",\"message\":\"is \\\"odd\\\"\\u000a\","
                        + "\"since\":\"2026-01-02T03:04:05.000000000Z\","
                        + "\"remedy\":\"Correct the object; everything else is in force.\"}]}");
        now = now.plusSeconds(60);
        state.problems(List.of(
                Problem.skipped(ObjectRef.manifest("web.yaml"), "", "is no YAML"),
                Problem.skipped(ObjectRef.service(new ServiceName("shop", "web")), "spec.clusterIP", "is \"odd\"\n")));
        assertThat(state.problems())
                .extracting(HealthProblem::cause, HealthProblem::since)
                .containsExactly(
                        tuple(ProblemCause.MANIFESTS_FAILING, now), tuple(ProblemCause.OBJECT, now.minusSeconds(60)));
    }

    @Test
    void trafficFromASnapshotIsMarkedAndDoesNotMakeTheNodeUnready() {
        AtomicReference<Optional<Instant>> inUse = new AtomicReference<>(Optional.of(now.minusSeconds(3600)));
        state.snapshot(inUse::get);
        state.node(node(List.of(), false));
        state.updated(IpFamily.IPV4);
        state.updated(IpFamily.IPV6);
        assertThat(state.now().healthzJson())
                .contains("\"healthy\":true")
                .endsWith(",\"fromSnapshot\":{\"written\":\"2026-01-02T02:04:05.000000000Z\",\"ageSeconds\":3600}}");
        assertThat(state.now().isHealthy()).isTrue();
        inUse.set(Optional.empty());
        assertThat(state.now().healthzJson()).doesNotContain("fromSnapshot");
    }

    private static NodeObject node(List<String> taints, boolean deleting) {
        return new NodeObject("node-a", "", List.of(), List.of(), List.of(), taints, deleting);
    }
}
