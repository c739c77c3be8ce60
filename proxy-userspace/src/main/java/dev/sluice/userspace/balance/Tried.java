package dev.sluice.userspace.balance;

import java.util.ArrayList;
import java.util.List;

/** The targets that have failed for one connection. Used on one event loop. */
public final class Tried {
    private final List<Target> targets = new ArrayList<>(4);

    public void add(Target target) {
        targets.add(target);
    }

    boolean contains(Target target) {
        return targets.contains(target);
    }

    /** Another round begins: all may be tried again. */
    public void clear() {
        targets.clear();
    }
}
