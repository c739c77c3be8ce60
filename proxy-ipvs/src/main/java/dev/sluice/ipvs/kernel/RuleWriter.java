// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.rules.ServiceRules;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.rules.Rule;
import dev.sluice.linux.rules.RuleTable;
import java.util.List;

/** Writes the iptables rules: what differs in one restore, and nothing when nothing differs. */
public final class RuleWriter {
    private static final String NAT = "nat";

    private final Iptables iptables;
    private final IpvsRules rules;
    private ServiceRules written = ServiceRules.NONE;

    RuleWriter(Iptables iptables, IpvsRules rules) {
        this.iptables = iptables;
        this.rules = rules;
    }

    /** Whether rules of another mode translate Services in nat; {@link #ensure} ends that. */
    public boolean isTranslatedByOthers() throws KernelException {
        SavedTable nat = SavedTable.parse(NAT, iptables.save(NAT));
        return nat.has(IpvsRules.SERVICES)
                && nat.rules(IpvsRules.SERVICES).stream()
                        .flatMap(rule -> RuleLine.target(rule).stream())
                        .anyMatch(target -> nat.has(target) && !IpvsRules.owns(NAT, target));
    }

    /** As {@link #ensure}, for every table but nat. */
    KernelCost ensureFilters(ServiceRules services) throws KernelException {
        return restore(rules.tables(services).stream()
                .map(RuleTable::text)
                .filter(table -> !table.table().equals(NAT))
                .toList());
    }

    /** Reads all rules, and repairs what differs. */
    public KernelCost ensure(ServiceRules services) throws KernelException {
        KernelCost cost =
                restore(rules.tables(services).stream().map(RuleTable::text).toList());
        written = services;
        return cost;
    }

    /** Replaces the rules of single Services, chain by chain, unless they are those that were written last. */
    KernelCost replace(ServiceRules services) throws KernelException {
        if (services.equals(written)) {
            return KernelCost.NONE;
        }
        RestoreScript script = new RestoreScript().table("nat");
        replace(IpvsRules.SHORT_CIRCUIT_TO, written.shortCircuitRules(), services.shortCircuitRules(), script);
        replace(IpvsRules.UNBOUND_TO, written.unboundRules(), services.unboundRules(), script);
        if (script.isEmpty()) {
            written = services;
            return KernelCost.NONE;
        }
        iptables.restore(script.text());
        written = services;
        return new KernelCost(script.lines(), script.bytes());
    }

    private static void replace(String chain, List<Rule> before, List<Rule> now, RestoreScript script) {
        List<String> rules = now.stream().map(Rule::text).toList();
        if (!rules.equals(before.stream().map(Rule::text).toList())) {
            script.declare(chain);
            rules.forEach(rule -> script.append(chain, rule));
        }
    }

    /** What the rules are written for last. */
    ServiceRules written() {
        return written;
    }

    /** Removes all rules. */
    void remove() throws KernelException {
        restore(rules.tables(ServiceRules.NONE).stream()
                .map(table -> TableRules.nothing(table.name()))
                .toList());
    }

    private KernelCost restore(List<TableRules> desired) throws KernelException {
        RestoreScript script = new RestoreScript();
        for (TableRules table : desired) {
            SavedTable saved = SavedTable.parse(table.table(), iptables.save(table.table()));
            TableDiff.plan(saved, table, chain -> IpvsRules.owns(table.table(), chain), script);
        }
        if (script.isEmpty()) {
            return KernelCost.NONE;
        }
        iptables.restore(script.text());
        return new KernelCost(script.lines(), script.bytes());
    }
}
