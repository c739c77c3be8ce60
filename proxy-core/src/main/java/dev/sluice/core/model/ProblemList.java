// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.core.model;

import java.util.ArrayList;
import java.util.List;

/** Collects the problems of one object, up to a limit. */
public final class ProblemList {
    private static final int MOST = 8;

    private final ObjectRef object;
    private final List<Problem> problems = new ArrayList<>(0);
    private int dropped;

    public ProblemList(ObjectRef object) {
        this.object = object;
    }

    /** Reports that the named part of the object is not in force. */
    public void skipped(String field, String message) {
        add(Problem.skipped(object, field, message));
    }

    /** Reports that the named value is ignored. */
    public void ignored(String field, String message) {
        add(Problem.ignored(object, field, message));
    }

    private void add(Problem problem) {
        if (problems.size() < MOST) {
            problems.add(problem);
        } else {
            dropped++;
        }
    }

    /** The problems so far; beyond the first eight, only their number. */
    public List<Problem> toList() {
        if (dropped == 0) {
            return List.copyOf(problems);
        }
        List<Problem> all = new ArrayList<>(problems);
        all.add(Problem.ignored(object, "", "and " + dropped + " more problems of this object"));
        return List.copyOf(all);
    }
}
