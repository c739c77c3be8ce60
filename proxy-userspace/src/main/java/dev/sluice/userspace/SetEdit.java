package dev.sluice.userspace;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.IpSets.SetResult;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.userspace.rules.PortalSets;
import dev.sluice.userspace.rules.SetElement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The set elements that one sync adds and deletes. Additions go first: a portal that moves from one set to another is
 * in both for a moment, where the redirect wins, and never in none.
 */
final class SetEdit {
    private final Set<SetElement> added = new LinkedHashSet<>();
    private final Set<SetElement> deleted = new LinkedHashSet<>();

    void add(SetElement member) {
        added.add(member);
    }

    void delete(SetElement member) {
        deleted.add(member);
    }

    boolean isEmpty() {
        return added.isEmpty() && deleted.isEmpty();
    }

    /** What turns the sets in the kernel into {@code desired}; sets that are missing are created. */
    static SetEdit against(IpSets sets, IpFamily family, Set<SetElement> desired) throws NetlinkException {
        SetEdit edit = new SetEdit();
        Set<SetElement> present = new HashSet<>();
        for (IpSet set : PortalSets.all(family)) {
            sets.create(set);
            for (SetEntry entry : sets.list(set)) {
                present.add(new SetElement(set, entry));
            }
        }
        desired.stream().filter(member -> !present.contains(member)).forEach(edit::add);
        present.stream().filter(member -> !desired.contains(member)).forEach(edit::delete);
        return edit;
    }

    /** Carries it out. Something that is both deleted and added stays. */
    SetResult apply(IpSets sets) throws NetlinkException {
        List<SetChange> changes = new ArrayList<>();
        added.forEach(member -> changes.add(new SetChange(member.set(), member.entry(), true)));
        deleted.stream()
                .filter(member -> !added.contains(member))
                .forEach(member -> changes.add(new SetChange(member.set(), member.entry(), false)));
        return changes.isEmpty() ? new SetResult(List.of(), 0, 0) : sets.apply(changes);
    }
}
