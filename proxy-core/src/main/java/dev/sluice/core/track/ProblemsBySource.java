// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.track;

import dev.sluice.core.model.Problem;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The present problems by source, so that they end with their cause. */
final class ProblemsBySource {
    private final Map<Object, List<Problem>> bySource = new HashMap<>();
    private @Nullable List<Problem> sorted = List.of();

    /** Replaces the problems of {@code source}; an empty list removes it. */
    void put(Object source, List<Problem> problems) {
        List<Problem> before = problems.isEmpty() ? bySource.remove(source) : bySource.put(source, problems);
        if (!problems.equals(before == null ? List.of() : before)) {
            sorted = null;
        }
    }

    /** All problems, sorted and distinct: one in both families counts once. The same list until it changes. */
    List<Problem> all() {
        List<Problem> all = sorted;
        if (all == null) {
            all = bySource.values().stream()
                    .flatMap(Collection::stream)
                    .distinct()
                    .sorted()
                    .toList();
            sorted = all;
        }
        return all;
    }
}
