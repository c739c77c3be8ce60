// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.core.net.IpAddress;
import dev.sluice.drills.gap.Tally.Verdict;
import dev.sluice.testkit.lab.Outcome;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TallyTest {
    private static final Duration QUICK = Duration.ofMillis(3);
    private static final Duration AFTER_A_LOST_SYN = Duration.ofMillis(1020);
    private static final Allowance B2 = Allowance.of(Set.of("b2"));
    private static final Allowance NOBODY = Allowance.of(Set.of());

    @Test
    void onlyPodsThatMayAnswerAreGood() {
        assertThat(Tally.judge(B2, answer("b2"), QUICK)).isEqualTo(Verdict.GOOD);
        assertThat(Tally.judge(B2, answer("b3"), QUICK)).isEqualTo(Verdict.WRONG);
        assertThat(Tally.judge(B2.or(Allowance.of(Set.of("b3"))), answer("b3"), QUICK))
                .isEqualTo(Verdict.GOOD);
    }

    @Test
    void aLostSynShowsInTheTime() {
        assertThat(Tally.judge(B2, answer("b2"), AFTER_A_LOST_SYN)).isEqualTo(Verdict.SLOW);
    }

    @Test
    void aRefusalIsGoodOnlyWithoutEndpoints() {
        assertThat(Tally.judge(B2, new Outcome.Refused(), QUICK)).isEqualTo(Verdict.REFUSED);
        assertThat(Tally.judge(NOBODY, new Outcome.Refused(), QUICK)).isEqualTo(Verdict.GOOD);
        assertThat(Tally.judge(NOBODY.or(B2), answer("b2"), AFTER_A_LOST_SYN)).isEqualTo(Verdict.GOOD);
    }

    @Test
    void noAnswerIsNeverGood() {
        for (Allowance allowance : List.of(B2, NOBODY)) {
            assertThat(Tally.judge(allowance, new Outcome.TimedOut(), QUICK)).isEqualTo(Verdict.LOST);
            assertThat(Tally.judge(allowance, new Outcome.Unreachable("no route"), QUICK))
                    .isEqualTo(Verdict.LOST);
            assertThat(Tally.judge(allowance, new Outcome.Closed(), QUICK)).isEqualTo(Verdict.CUT);
        }
    }

    @Test
    void retransmissionsAreReadFromTheKernelsPairsOfLines() {
        assertThat(SynRetransmissions.read(List.of(
                        "TcpExt: SyncookiesSent TCPSynRetrans TCPOrigDataSent",
                        "TcpExt: 0 17 4",
                        "IpExt: InNoRoutes",
                        "IpExt: 3")))
                .isEqualTo(17);
    }

    private static Outcome answer(String pod) {
        return new Outcome.Answer(pod, 8080, IpAddress.of("10.244.1.3"), 40000, "10.112.0.1:80");
    }
}
