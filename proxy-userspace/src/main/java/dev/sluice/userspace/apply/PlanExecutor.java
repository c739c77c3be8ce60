// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.sync.KernelCost;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.ipset.IpSet;
import dev.sluice.linux.ipset.IpSets;
import dev.sluice.linux.ipset.IpSets.Failure;
import dev.sluice.linux.ipset.IpSets.SetChange;
import dev.sluice.linux.ipset.IpSets.SetResult;
import dev.sluice.linux.ipset.SetEntry;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.userspace.plan.PlannedPorts;
import dev.sluice.userspace.plan.SetDiff;
import dev.sluice.userspace.plan.SyncPlan;
import dev.sluice.userspace.rules.ChainRule;
import dev.sluice.userspace.rules.PortalElement;
import dev.sluice.userspace.rules.PortalSets;
import dev.sluice.userspace.rules.RedirectRules;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * Carries out plans in one family, in the order of {@link SyncPlan}. The routes and sockets follow even if the kernel
 * fails.
 */
public final class PlanExecutor {
    private final IpFamily family;
    private final PortSockets sockets;
    private final Iptables iptables;
    private final IpSets sets;

    public PlanExecutor(IpFamily family, PortSockets sockets, Iptables iptables, IpSets sets) {
        this.family = family;
        this.sockets = sockets;
        this.iptables = iptables;
        this.sets = sets;
    }

    /** The cost of a plan, and the set elements that the kernel has refused. */
    public record PlanResult(KernelCost cost, List<Failure> refused) {
        PlanResult plus(KernelCost more) {
            return new PlanResult(cost.plus(more), refused);
        }
    }

    /** Applies {@code plan} without a look at the kernel. */
    public PlanResult apply(SyncPlan plan) throws KernelException {
        RestoreScript added = new RestoreScript().table("nat");
        plan.newRules().forEach(rule -> added.append(rule.chain(), rule.rule().text()));
        RestoreScript removed = new RestoreScript().table("nat");
        plan.staleRules()
                .forEach(rule -> removed.delete(rule.chain(), rule.rule().text()));
        sockets.route(plan);
        try {
            KernelCost before = restore(added);
            return apply(plan.elements()).plus(before).plus(restore(removed));
        } finally {
            sockets.removeStale(plan);
        }
    }

    /** Applies {@code plan}, and makes the kernel's rules and sets those of {@code rules} and {@code ports}. */
    public PlanResult applyAll(SyncPlan plan, RedirectRules rules, PlannedPorts ports) throws KernelException {
        sockets.route(plan);
        try {
            SetDiff elements = SetDiff.between(present(), ports.elements());
            RestoreScript script = new RestoreScript();
            compare(rules.nat(ports.udpRedirects()).text(), script);
            compare(rules.filter().text(), script);
            KernelCost before = restore(script);
            return apply(elements).plus(before);
        } finally {
            sockets.removeStale(plan);
        }
    }

    /** Ends the service ports that {@code plan} removes; the kernel stays as it is. */
    public void applyToSockets(SyncPlan plan) {
        sockets.removeStale(plan);
    }

    /** Inserts {@code rules} of the filter table at the heads of their chains. */
    public void insert(List<ChainRule> rules) throws KernelException {
        RestoreScript script = new RestoreScript().table("filter");
        rules.forEach(rule -> script.insert(rule.chain(), 1, rule.rule().text()));
        restore(script);
    }

    /** Removes the rules and sets of this mode. */
    public void removeAll() throws KernelException {
        RestoreScript script = new RestoreScript();
        for (String name : List.of("nat", "filter")) {
            compare(TableRules.nothing(name), script);
        }
        restore(script);
        removeSets(sets, family);
    }

    /**
     * Destroys the sets of this mode in {@code family}; no rule may name them any more.
     *
     * @return whether there was one
     */
    public static boolean removeSets(IpSets sets, IpFamily family) throws NetlinkException {
        Set<String> present = sets.names();
        boolean found = false;
        for (IpSet set : PortalSets.all(family)) {
            if (present.contains(set.name())) {
                sets.destroy(set.name());
                found = true;
            }
        }
        return found;
    }

    private void compare(TableRules desired, RestoreScript script) throws KernelException {
        SavedTable saved = SavedTable.parse(desired.table(), iptables.save(desired.table()));
        TableDiff.plan(saved, desired, RedirectRules::owns, script);
    }

    private KernelCost restore(RestoreScript script) throws KernelException {
        if (script.isEmpty()) {
            return KernelCost.NONE;
        }
        iptables.restore(script.text());
        return new KernelCost(script.lines(), script.bytes());
    }

    /** The elements of this mode's sets; creates sets that are missing. */
    private Set<PortalElement> present() throws NetlinkException {
        Set<PortalElement> present = new HashSet<>();
        for (IpSet set : PortalSets.all(family)) {
            sets.create(set);
            for (SetEntry entry : sets.list(set)) {
                present.add(new PortalElement(set, entry));
            }
        }
        return present;
    }

    private PlanResult apply(SetDiff elements) throws KernelException {
        List<SetChange> changes = elements.changes();
        if (changes.isEmpty()) {
            return new PlanResult(KernelCost.NONE, List.of());
        }
        SetResult result = sets.apply(changes);
        return new PlanResult(new KernelCost(result.messages(), result.bytes()), result.failures());
    }
}
