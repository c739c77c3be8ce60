// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.sync;

import dev.sluice.core.model.Problem;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;

/** Logs each problem once when it begins and once when it ends. */
final class ProblemLog {
    private static final Logger LOG = LoggerFactory.getLogger(ProblemLog.class);

    private final SyncObservers observers;
    private List<List<Problem>> sources = List.of();
    private Set<Problem> known = Set.of();

    ProblemLog(SyncObservers observers) {
        this.observers = observers;
    }

    /** Takes the present lists of everything that reports problems. */
    void update(List<List<Problem>> lists) {
        if (lists.equals(sources)) {
            return;
        }
        sources = List.copyOf(lists);
        Set<Problem> now = new LinkedHashSet<>();
        lists.forEach(now::addAll);
        if (now.equals(known)) {
            return;
        }
        now.stream()
                .filter(p -> !known.contains(p))
                .forEach(p -> about(LOG.atWarn(), p).log("{}", p));
        known.stream()
                .filter(p -> !now.contains(p))
                .forEach(p -> about(LOG.atInfo(), p).log("no longer a problem: {}", p));
        known = now;
        observers.call(o -> o.problems(List.copyOf(now)));
    }

    private static LoggingEventBuilder about(LoggingEventBuilder event, Problem problem) {
        LoggingEventBuilder named = event.addKeyValue("object", problem.object());
        return problem.field().isEmpty() ? named : named.addKeyValue("field", problem.field());
    }
}
