// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.model.ResourceKind;
import dev.sluice.kubernetes.api.ClientCertificate;
import dev.sluice.kubernetes.api.reflector.ReflectorObserver.WatchEnd;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** The passing of time; DaemonHealthTest has the same with a server. */
class ApiHealthTest {
    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    private static final Set<ResourceKind> OF_EVERY_MODE =
            EnumSet.complementOf(EnumSet.of(ResourceKind.PEER, ResourceKind.SERVICE_CIDR));

    private Instant now = START;
    private final ApiHealth health = new ApiHealth(() -> now);

    private List<ProblemCause> causes() {
        return health.problems(now).stream().map(HealthProblem::cause).toList();
    }

    private void allWatched() {
        OF_EVERY_MODE.forEach(kind -> {
            health.begun(kind);
            health.heard(kind);
            health.watching(kind);
        });
    }

    @Test
    void withoutAnApiServerNothingIsExpected() {
        now = now.plus(Duration.ofDays(1));
        assertThat(causes()).isEmpty();
    }

    @Test
    void whatIsNotWatchedWithinAMinuteIsStaleSinceThen() {
        OF_EVERY_MODE.forEach(health::begun);
        now = now.plusSeconds(60);
        assertThat(causes()).isEmpty();
        now = now.plusSeconds(1);
        assertThat(health.problems(now)).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.WATCH_STALE);
            assertThat(problem.object()).contains("nodes", "services", "endpointslices");
            assertThat(problem.since()).isEqualTo(START);
        });
        allWatched();
        assertThat(causes()).isEmpty();
    }

    @Test
    void theOtherNodesAreMissedOnlyFromWhenTheyShouldBeWatched() {
        allWatched();
        now = now.plusSeconds(200);
        assertThat(causes()).isEmpty();
        health.begun(ResourceKind.PEER);
        health.refused(ResourceKind.PEER, "list", 403, "forbidden");
        now = now.plusSeconds(61);
        assertThat(health.problems(now))
                .satisfiesExactly(
                        refused -> assertThat(refused.message()).isEqualTo("list of peers: HTTP 403: forbidden"),
                        stale -> {
                            assertThat(stale.cause()).isEqualTo(ProblemCause.WATCH_STALE);
                            assertThat(stale.object()).isEqualTo("peers");
                            assertThat(stale.since()).isEqualTo(START.plusSeconds(200));
                        });
        health.heard(ResourceKind.PEER);
        health.watching(ResourceKind.PEER);
        assertThat(causes()).isEmpty();
    }

    @Test
    void aWatchThatIsOpenedAnewAsPlannedIsNot() {
        allWatched();
        health.ended(ResourceKind.SERVICE, WatchEnd.PLANNED);
        now = now.plusSeconds(200);
        assertThat(causes()).isEmpty();
        health.ended(ResourceKind.SERVICE, WatchEnd.BROKEN);
        now = now.plusSeconds(61);
        assertThat(causes()).containsExactly(ProblemCause.WATCH_STALE);
        health.watching(ResourceKind.SERVICE);
        assertThat(causes()).isEmpty();
    }

    @Test
    void aWatchThatSaysNothingForMinutesIs() {
        allWatched();
        now = now.plusSeconds(301);
        health.heard(ResourceKind.NODE);
        health.heard(ResourceKind.SERVICE);
        assertThat(health.problems(now)).singleElement().satisfies(problem -> {
            assertThat(problem.object()).isEqualTo("endpointslices");
            assertThat(problem.since()).isEqualTo(START);
        });
    }

    @Test
    void theServerIsUnreachableSinceTheFirstFailure() {
        health.unreachable(START, "connection refused");
        now = now.plusSeconds(30);
        health.unreachable(now, "connection refused");
        assertThat(health.problems(now)).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.API_UNREACHABLE);
            assertThat(problem.since()).isEqualTo(START);
            assertThat(problem.message()).contains("connection refused");
        });
        health.reached();
        assertThat(causes()).isEmpty();
    }

    @Test
    void aRefusalEndsWithTheGrantOfWhatWasRefused() {
        allWatched();
        health.refused(ResourceKind.SERVICE, "watch", 403, "forbidden");
        now = now.plusSeconds(1);
        health.refused(ResourceKind.SERVICE, "watch", 403, "forbidden");
        assertThat(health.problems(now)).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.CREDENTIALS_REFUSED);
            assertThat(problem.message()).isEqualTo("watch of services: HTTP 403: forbidden");
            assertThat(problem.since()).isEqualTo(START);
            assertThat(problem.remedy()).contains("system:node-proxier");
        });
        health.heard(ResourceKind.SERVICE);
        assertThat(causes()).as("a list is no watch").isNotEmpty();
        health.watching(ResourceKind.SERVICE);
        assertThat(causes()).isEmpty();
        health.refused(ResourceKind.SERVICE, "list", 500, "");
        assertThat(causes()).containsExactly(ProblemCause.API_REFUSES);
        health.heard(ResourceKind.SERVICE);
        assertThat(causes()).isEmpty();
    }

    @Test
    void aCertificateIsAProblemFromThePointWhereItShouldHaveBeenRenewed() {
        Instant until = START.plus(Duration.ofDays(365));
        health.certificate(Optional.of(new ClientCertificate("client.crt", START, until)));
        assertThat(causes()).isEmpty();
        now = until.minus(Duration.ofDays(6));
        assertThat(health.problems(now)).singleElement().satisfies(problem -> {
            assertThat(problem.cause()).isEqualTo(ProblemCause.CLIENT_CERTIFICATE);
            assertThat(problem.message()).contains("client.crt", "expires at " + until);
            assertThat(problem.since()).isEqualTo(until.minus(Duration.ofDays(7)));
        });
        now = until.plusSeconds(1);
        assertThat(health.problems(now)).singleElement().satisfies(problem -> {
            assertThat(problem.message()).contains("expired at");
            assertThat(problem.since()).isEqualTo(until);
        });
        health.certificate(Optional.empty());
        assertThat(causes()).isEmpty();
    }

    @Test
    void credentialsThatCannotBeLoadedAreAProblemUntilTheyAre() {
        health.credentialsKept("the kubeconfig is empty");
        assertThat(causes()).containsExactly(ProblemCause.CREDENTIALS_REFUSED);
        health.credentialsKept("");
        assertThat(causes()).isEmpty();
    }
}
