// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.repair.Repair;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

class RuleContestTest {
    private static final Instant START = Instant.parse("2026-01-02T03:04:05Z");

    private Instant now = START;
    private final RuleContest contest = new RuleContest(() -> now);

    private void repaired(IpFamily family) {
        contest.repaired(new Repair(
                family, "firewalld", Map.of(new KernelObject("nat", "KUBE-SERVICES"), 1), Duration.ofMillis(5)));
    }

    @Test
    void aReloadOfTheFirewallNowAndThenIsNoContest() {
        for (int i = 0; i < 20; i++) {
            repaired(IpFamily.IPV4);
            assertThat(contest.problems(now)).isEmpty();
            now = now.plusSeconds(60);
        }
    }

    @Test
    void changesAgainAndAgainAreOneUntilTheyEnd() {
        for (int i = 0; i < 4; i++) {
            repaired(IpFamily.IPV6);
            now = now.plusSeconds(i == 3 ? 0 : 10);
        }
        for (int i = 0; i < 5; i++) {
            assertThat(contest.problems(now)).singleElement().satisfies(problem -> {
                assertThat(problem.cause()).isEqualTo(ProblemCause.RULES_CONTESTED);
                assertThat(problem.object()).isEqualTo("IPv6 rules");
                assertThat(problem.message()).contains("firewalld", "KUBE-SERVICES");
                assertThat(problem.since()).isEqualTo(START);
            });
            now = now.plusSeconds(30);
            repaired(IpFamily.IPV6);
        }
        now = now.plusSeconds(121);
        assertThat(contest.problems(now)).isEmpty();
    }
}
