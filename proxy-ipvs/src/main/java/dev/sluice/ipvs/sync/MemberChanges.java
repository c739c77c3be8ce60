package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.rules.SetElement;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetChange;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds and deletes elements of sets in one batch each. */
public final class MemberChanges {
    private static final Comparator<SetElement> BY_SET = Comparator.comparing(SetElement::set);

    private final IpFamily family;
    private final IpSets sets;
    private final SyncRun run;

    MemberChanges(IpFamily family, IpSets sets, SyncRun run) {
        this.family = family;
        this.sets = sets;
        this.run = run;
    }

    void addMissing() throws NetlinkException {
        change(
                run.touched().members().stream()
                        .filter(m -> run.desired().wants(m) && !run.inForce().has(m))
                        .sorted(BY_SET)
                        .toList(),
                true);
    }

    void deleteStale() throws NetlinkException {
        change(
                run.touched().members().stream()
                        .filter(m -> !run.desired().wants(m) && run.inForce().has(m))
                        .sorted(BY_SET.reversed())
                        .toList(),
                false);
    }

    private void change(List<SetElement> members, boolean add) throws NetlinkException {
        if (members.isEmpty()) {
            return;
        }
        List<SetChange> batch = members.stream()
                .map(m -> new SetChange(m.set().in(family), m.entry(), add))
                .toList();
        IpSets.SetResult result = sets.apply(batch);
        run.charge(result.messages(), result.bytes());
        Map<SetChange, NetlinkException> failed = new HashMap<>();
        result.failures().forEach(f -> failed.put(f.change(), f.error()));
        for (int i = 0; i < batch.size(); i++) {
            SetChange change = batch.get(i);
            SetElement member = members.get(i);
            NetlinkException error = failed.get(change);
            if (error == null) {
                run.inForce().carriedOut(member, change);
            } else {
                refused(member, change, error);
            }
        }
    }

    private void refused(SetElement member, SetChange change, NetlinkException error) {
        run.surprisedIf(error.notFound());
        run.unfinished().members().add(member);
        if (!change.add()) {
            run.leftOver(new KernelObject("IP set", change.set().name()), error);
            return;
        }
        String what = "element " + member.entry() + " of IP set " + change.set().name();
        run.wanting(member).forEach(name -> run.refused(name, what, error));
    }
}
