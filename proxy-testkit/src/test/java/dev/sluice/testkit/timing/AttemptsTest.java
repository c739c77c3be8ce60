// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.timing;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testkit.timing.Attempts.Observation;
import java.io.IOException;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import org.junit.jupiter.api.Test;

class AttemptsTest {

    @Test
    void successAfterTheLimitIsSuccess() {
        Attempts.until(Duration.ZERO, "slow", () -> {
            Thread.sleep(5);
            return new Observation(true, "there");
        });
    }

    @Test
    void oneSlowAttemptDoesNotUseUpTheLimit() {
        Iterator<Boolean> outcomes = List.of(false, false, true).iterator();
        Attempts.untilTrue(Duration.ZERO, "third time", outcomes::next);
    }

    @Test
    void errorOfASocketIsNotYet() {
        Iterator<Boolean> outcomes = List.of(false, true).iterator();
        Attempts.untilTrue(Duration.ofSeconds(5), "connects", () -> {
            if (!outcomes.next()) {
                throw new IOException("refused");
            }
            return true;
        });
    }

    @Test
    void failureTellsWhatWasSeenAndWhen() {
        Iterator<String> seen = List.of("two Pods", "two Pods", "one Pod").iterator();
        assertThatThrownBy(() -> Attempts.until(Duration.ZERO, "three Pods", () -> new Observation(false, seen.next())))
                .isInstanceOf(AssertionError.class)
                .hasMessageMatching("""
                    three Pods: not within 0\\.0 s:
                      0\\.\\d s to \\d\\.\\d s, 2 times: two Pods
                      \\d\\.\\d s: one Pod\
                    """);
    }

    @Test
    void longHistoryIsToldFromBothEnds() {
        int[] made = {0};
        assertThatThrownBy(() -> Attempts.until(
                        Duration.ofMillis(1200), "rest", () -> new Observation(false, "look " + made[0]++)))
                .hasMessageContaining("look 0")
                .hasMessageContaining("...")
                .hasMessageContaining("look " + (made[0] - 1))
                .hasMessageNotContaining("look 7\n");
    }

    @Test
    void whatElseIsThrownEndsTheAttempts() {
        int[] made = {0};
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> Attempts.untilTrue(Duration.ofMinutes(1), "anything", () -> {
                    made[0]++;
                    throw new IllegalArgumentException("no such thing");
                }));
        assertThat(made[0]).isEqualTo(1);
    }
}
