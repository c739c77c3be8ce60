// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.apply;

import dev.sluice.core.net.IpAddress;
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
 * Carries out plans in one family, in the order of {@link SyncPlan}. The routes follow even if the kernel fails.
 */
public final class PlanExecutor {
    private final IpFamily family;
    private final PortBalancers balancers;
    private final Iptables iptables;
    private final IpSets sets;

    public PlanExecutor(IpFamily family, PortBalancers balancers, Iptables iptables, IpSets sets) {
        this.family = family;
        this.balancers = balancers;
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
        balancers.route(plan);
        try {
            return apply(plan.elements());
        } finally {
            balancers.removeStale(plan);
        }
    }

    /** Applies {@code plan}, and makes the kernel's rules and sets those of {@code rules} and {@code ports}. */
    public PlanResult applyAll(SyncPlan plan, RedirectRules rules, PlannedPorts ports) throws KernelException {
        balancers.route(plan);
        try {
            SetDiff elements = SetDiff.between(present(), ports.elements());
            RestoreScript script = new RestoreScript();
            compare(rules.nat().text(), script);
            compare(rules.filter().text(), script);
            KernelCost before = restore(script);
            return apply(elements).plus(before);
        } finally {
            balancers.removeStale(plan);
        }
    }

    /** Ends the service ports that {@code plan} removes; the kernel stays as it is. */
    public void applyToRoutes(SyncPlan plan) {
        balancers.removeStale(plan);
    }

    /**
     * Inserts {@code rules} of the filter table at the heads of their chains, and before that, where kube-proxy has
     * rules too, what puts those first.
     */
    public void hold(List<ChainRule> rules) throws KernelException {
        RestoreScript script = new RestoreScript();
        insert(
                RedirectRules.yieldTo(
                        SavedTable.parse("nat", iptables.save("nat")).chains()),
                script.table("nat"));
        insert(rules, script.table("filter"));
        restore(script);
    }

    /** As {@link RedirectRules#udpPort}, of the rules that the kernel has. */
    public int udpPort(IpAddress address) throws KernelException {
        SavedTable nat = SavedTable.parse("nat", iptables.save("nat"));
        return RedirectRules.udpPort(nat.rules(RedirectRules.REDIRECT), address);
    }

    /** Inserts {@code rules} of the filter table at the heads of their chains. */
    public void holdDatagrams(List<ChainRule> rules) throws KernelException {
        RestoreScript script = new RestoreScript();
        insert(rules, script.table("filter"));
        restore(script);
    }

    private static void insert(List<ChainRule> rules, RestoreScript script) {
        rules.forEach(rule -> script.insert(rule.chain(), 1, rule.rule().text()));
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
        boolean found = false;
        for (String name : sets.names()) {
            if (PortalSets.owns(family, name)) {
                sets.destroy(name);
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
