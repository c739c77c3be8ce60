// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.rules.KubeSet;
import dev.sluice.ipvs.rules.SetMember;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipvs.VirtualServerKey;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** Adds and deletes elements of sets, in one batch each. */
final class MemberWriter {
    private static final Comparator<SetMember> BY_SET = Comparator.comparing(SetMember::set);

    private final IpFamily family;
    private final IpSets sets;
    private final KernelUpdate update;

    MemberWriter(IpFamily family, IpSets sets, KernelUpdate update) {
        this.family = family;
        this.sets = sets;
        this.update = update;
    }

    /** Adds all but those of {@link KubeSet#UNBOUND}, which come after their rules. */
    void addMissing() throws NetlinkException {
        addMissing(member -> member.set() != KubeSet.UNBOUND);
    }

    void addUnbound() throws NetlinkException {
        addMissing(member -> member.set() == KubeSet.UNBOUND);
    }

    /** The portals of {@link KubeSet#UNBOUND} that are to be deleted. */
    Set<VirtualServerKey> staleUnbound() {
        return update.scope().members().stream()
                .filter(m -> m.set() == KubeSet.UNBOUND
                        && !update.desired().has(m)
                        && update.applied().has(m))
                .map(SetMember::server)
                .filter(Objects::nonNull)
                .collect(Collectors.toSet());
    }

    private void addMissing(Predicate<SetMember> which) throws NetlinkException {
        List<SetMember> missing = update.scope().members().stream()
                .filter(m -> which.test(m)
                        && update.desired().has(m)
                        && !update.applied().has(m))
                .sorted(BY_SET)
                .toList();
        Map<SetChange, NetlinkException> refused = send(missing, true);
        for (SetMember member : missing) {
            NetlinkException error = refused.get(change(member, true));
            if (error == null) {
                update.applied().add(member);
            } else {
                leaveUnfinished(member, error);
                String what = "element " + member.entry() + " of IP set " + name(member);
                update.portsOf(member).forEach(port -> update.refused(port, what, error));
            }
        }
    }

    void deleteStale() throws NetlinkException {
        List<SetMember> stale = update.scope().members().stream()
                .filter(m -> !update.desired().has(m) && update.applied().has(m))
                .sorted(BY_SET.reversed())
                .toList();
        Map<SetChange, NetlinkException> refused = send(stale, false);
        for (SetMember member : stale) {
            NetlinkException error = refused.get(change(member, false));
            if (error == null) {
                update.applied().remove(member);
            } else {
                leaveUnfinished(member, error);
                update.notRemoved(new KernelObject("IP set", name(member)), error);
            }
        }
    }

    private void leaveUnfinished(SetMember member, NetlinkException error) {
        update.unexpectedIf(error.notFound());
        update.unfinished().members().add(member);
    }

    private String name(SetMember member) {
        return member.set().nameIn(family);
    }

    private SetChange change(SetMember member, boolean add) {
        return new SetChange(member.set().in(family), member.entry(), add);
    }

    /** @return what the kernel refused */
    private Map<SetChange, NetlinkException> send(List<SetMember> members, boolean add) throws NetlinkException {
        if (members.isEmpty()) {
            return Map.of();
        }
        IpSets.SetResult result =
                sets.apply(members.stream().map(m -> change(m, add)).toList());
        update.charge(new KernelCost(result.messages(), result.bytes()));
        Map<SetChange, NetlinkException> refused = new HashMap<>();
        result.failures().forEach(f -> refused.put(f.change(), f.error()));
        return refused;
    }
}
