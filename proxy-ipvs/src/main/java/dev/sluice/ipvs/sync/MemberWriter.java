package dev.sluice.ipvs.sync;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetChange;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Adds and deletes elements of sets in one batch each. */
public final class MemberWriter {
    private static final Comparator<SetMember> BY_SET = Comparator.comparing(SetMember::set);

    private final IpFamily family;
    private final IpSets sets;
    private final KernelUpdate run;

    MemberWriter(IpFamily family, IpSets sets, KernelUpdate run) {
        this.family = family;
        this.sets = sets;
        this.run = run;
    }

    void addMissing() throws NetlinkException {
        change(
                run.scope().members().stream()
                        .filter(m -> run.desired().wants(m) && !run.applied().has(m))
                        .sorted(BY_SET)
                        .toList(),
                true);
    }

    void deleteStale() throws NetlinkException {
        change(
                run.scope().members().stream()
                        .filter(m -> !run.desired().wants(m) && run.applied().has(m))
                        .sorted(BY_SET.reversed())
                        .toList(),
                false);
    }

    private void change(List<SetMember> members, boolean add) throws NetlinkException {
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
            SetMember member = members.get(i);
            NetlinkException error = failed.get(change);
            if (error == null) {
                run.applied().carriedOut(member, change);
            } else {
                refused(member, change, error);
            }
        }
    }

    private void refused(SetMember member, SetChange change, NetlinkException error) {
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
