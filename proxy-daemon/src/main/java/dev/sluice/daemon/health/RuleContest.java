// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.core.net.IpFamily;
import dev.sluice.daemon.repair.Repair;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/**
 * Notices that another program changes the rules again and again. One change, e.g. a reload of the firewall, is
 * repaired and forgotten; the pauses between repairs in a contest grow to 30 seconds.
 */
public final class RuleContest implements Repair.Listener, ProblemSource {
    private static final int REPAIRS = 4;
    private static final Duration WINDOW = Duration.ofMinutes(2);

    private final InstantSource clock;
    private final Map<IpFamily, Contest> families = new EnumMap<>(IpFamily.class);

    private static final class Contest {
        private final Deque<Instant> repairs = new ArrayDeque<>();
        private Instant since = Instant.EPOCH;
        private String last = "";
    }

    public RuleContest(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public synchronized void repaired(Repair repair) {
        Instant now = clock.instant();
        Contest contest = families.computeIfAbsent(repair.family(), _ -> new Contest());
        boolean before = isOn(contest, now);
        contest.repairs.add(now);
        while (contest.repairs.size() > REPAIRS) {
            contest.repairs.remove();
        }
        if (!before) {
            contest.since = contest.repairs.getFirst();
        }
        contest.last = repair.text();
    }

    /** The last repairs lie close together, and the last one is not long ago. */
    private static boolean isOn(Contest contest, Instant now) {
        return contest.repairs.size() == REPAIRS
                && contest.repairs.getLast().plus(WINDOW).isAfter(now)
                && contest.repairs.getFirst().plus(WINDOW).isAfter(contest.repairs.getLast());
    }

    @Override
    public synchronized List<HealthProblem> problems(Instant now) {
        List<HealthProblem> problems = new ArrayList<>();
        families.forEach((family, contest) -> {
            if (isOn(contest, now)) {
                problems.add(HealthProblem.of(
                        ProblemCause.RULES_CONTESTED,
                        family.label() + " rules",
                        "changed by another program again and again, and repaired each time; the last time "
                                + contest.last,
                        contest.since));
            }
        });
        return problems;
    }
}
