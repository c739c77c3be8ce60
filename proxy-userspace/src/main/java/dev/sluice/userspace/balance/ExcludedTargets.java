package dev.sluice.userspace.balance;

import java.util.ArrayList;
import java.util.List;

/**
 * The targets that one connection is not to try again: those that failed, and those that lead back to the proxy. Used
 * on one event loop.
 */
public final class ExcludedTargets {
    private final List<Target> targets = new ArrayList<>(4);

    public void add(Target target) {
        targets.add(target);
    }

    boolean contains(Target target) {
        return targets.contains(target);
    }

    /** Starts another round, in which all may be tried again. */
    public void clear() {
        targets.clear();
    }
}
