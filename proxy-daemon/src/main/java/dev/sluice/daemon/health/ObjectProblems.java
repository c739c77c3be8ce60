// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.health;

import dev.sluice.core.model.ObjectRef;
import dev.sluice.core.model.Problem;
import java.time.Instant;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The objects and manifests that are left out, each with the time since when. */
record ObjectProblems(List<HealthProblem> list, Map<Problem, Instant> since) {
    static final ObjectProblems NONE = new ObjectProblems(List.of(), Map.of());

    /** The list that follows this one: what is in both keeps its time. */
    ObjectProblems replacedBy(List<Problem> current, Instant now) {
        Map<Problem, Instant> times = new HashMap<>();
        current.forEach(problem -> times.put(problem, since.getOrDefault(problem, now)));
        List<HealthProblem> problems = current.stream()
                .map(problem -> of(problem, times.getOrDefault(problem, now)))
                .toList();
        return new ObjectProblems(problems, times);
    }

    private static HealthProblem of(Problem problem, Instant since) {
        ProblemCause cause = problem.object() instanceof ObjectRef.ManifestPath
                ? ProblemCause.MANIFESTS_FAILING
                : ProblemCause.OBJECT;
        return new HealthProblem(
                cause, problem.object().toString(), problem.field(), problem.message(), since, cause.remedy(), false);
    }
}
