// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.drills.gap;

import dev.sluice.testkit.lab.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The counts of connections by verdict, and the first failures. */
final class Tally {
    /** A lost SYN is sent again after one second. */
    static final Duration SLOW = Duration.ofMillis(900);

    private static final int KEPT = 20;
    private final Map<Verdict, Integer> counts = new EnumMap<>(Verdict.class);
    private final List<String> mishaps = new ArrayList<>();
    private final long start = System.nanoTime();

    /** The verdict on a connection. */
    enum Verdict {
        GOOD,
        /** Answered, but its SYN took so long that one must have been lost. */
        SLOW,
        REFUSED,
        /** No answer to the SYN, or an unreachable error. */
        LOST,
        /** Answered by a Pod that is not, or no longer, an endpoint of the Service. */
        WRONG,
        /** Accepted, then cut. */
        CUT
    }

    static Verdict judge(Allowance allowed, Outcome outcome, Duration took) {
        return switch (outcome) {
            case Outcome.Answer answer when !allowed.pods().contains(answer.pod()) -> Verdict.WRONG;
            case Outcome.Answer answer -> !allowed.refusal() && took.compareTo(SLOW) >= 0 ? Verdict.SLOW : Verdict.GOOD;
            case Outcome.Refused refused -> allowed.refusal() ? Verdict.GOOD : Verdict.REFUSED;
            case Outcome.TimedOut timedOut -> Verdict.LOST;
            case Outcome.Unreachable unreachable -> Verdict.LOST;
            case Outcome.Closed closed -> Verdict.CUT;
            case Outcome.Foreign foreign -> Verdict.WRONG;
        };
    }

    synchronized void add(CallPath way, Allowance allowed, Outcome outcome, Duration took) {
        Verdict verdict = judge(allowed, outcome, took);
        counts.merge(verdict, 1, Integer::sum);
        if (verdict != Verdict.GOOD && mishaps.size() < KEPT) {
            mishaps.add(String.format(
                    Locale.ROOT,
                    "%.3f s: %s: %s, %s after %d ms (may answer: %s)",
                    (System.nanoTime() - start) / 1e9,
                    way,
                    verdict,
                    outcome,
                    took.toMillis(),
                    allowed.pods()));
        }
    }

    synchronized int count(Verdict verdict) {
        return counts.getOrDefault(verdict, 0);
    }

    synchronized int connections() {
        return counts.values().stream().mapToInt(Integer::intValue).sum();
    }

    synchronized List<String> mishaps() {
        return List.copyOf(mishaps);
    }
}
