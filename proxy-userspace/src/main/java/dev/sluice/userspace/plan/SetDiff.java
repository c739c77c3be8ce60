// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.plan;

import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.userspace.rules.PortalElement;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The set elements that one sync adds and deletes. Additions come first: a portal that moves from one set to another is
 * in both for a moment, where the redirect wins, and never in none.
 */
public final class SetDiff {
    private final Set<PortalElement> added = new LinkedHashSet<>();
    private final Set<PortalElement> deleted = new LinkedHashSet<>();

    /** The difference from sets with the elements {@code present} to those with {@code desired}. */
    public static SetDiff between(Set<PortalElement> present, Set<PortalElement> desired) {
        SetDiff diff = new SetDiff();
        diff.add(present, desired);
        return diff;
    }

    /** Adds the difference of one service port. An element that moves from one port to another stays. */
    void add(Set<PortalElement> before, Set<PortalElement> after) {
        after.stream().filter(element -> !before.contains(element)).forEach(added::add);
        before.stream().filter(element -> !after.contains(element)).forEach(deleted::add);
    }

    /** The changes in their order. */
    public List<SetChange> changes() {
        List<SetChange> changes = new ArrayList<>();
        added.forEach(element -> changes.add(new SetChange(element.set(), element.entry(), true)));
        deleted.stream()
                .filter(element -> !added.contains(element))
                .forEach(element -> changes.add(new SetChange(element.set(), element.entry(), false)));
        return changes;
    }
}
