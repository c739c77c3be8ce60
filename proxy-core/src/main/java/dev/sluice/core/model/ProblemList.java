package dev.sluice.core.model;

import java.util.ArrayList;
import java.util.List;

/** Collects the problems of one object, and stays short when the object is wrong in a thousand places. */
public final class ProblemList {
    private static final int MOST = 8;

    private final ObjectRef object;
    private final List<Problem> problems = new ArrayList<>(0);
    private int dropped;

    public ProblemList(ObjectRef object) {
        this.object = object;
    }

    /** The named part of the object is not in force. */
    public void skipped(String field, String message) {
        add(Problem.skipped(object, field, message));
    }

    /** The named value is ignored. */
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

    /** Everything collected so far; beyond the first eight only their number. */
    public List<Problem> toList() {
        if (dropped == 0) {
            return List.copyOf(problems);
        }
        List<Problem> all = new ArrayList<>(problems);
        all.add(Problem.ignored(object, "", "and " + dropped + " more problems of this object"));
        return List.copyOf(all);
    }
}
