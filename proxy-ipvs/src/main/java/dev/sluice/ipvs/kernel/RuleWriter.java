// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.ipvs.kernel;

import dev.sluice.core.sync.KernelCost;
import dev.sluice.ipvs.rules.IpvsRules;
import dev.sluice.ipvs.rules.ShortCircuit;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.rules.RuleTable;
import java.util.List;

/** Writes the iptables rules: what differs in one restore, and nothing when nothing differs. */
public final class RuleWriter {
    private final Iptables iptables;
    private final IpvsRules rules;
    private List<ShortCircuit> written = List.of();

    RuleWriter(Iptables iptables, IpvsRules rules) {
        this.iptables = iptables;
        this.rules = rules;
    }

    /** Reads all rules, and repairs what differs. */
    public KernelCost ensure(List<ShortCircuit> shortCircuits) throws KernelException {
        KernelCost cost = restore(
                rules.tables(shortCircuits).stream().map(RuleTable::text).toList());
        written = shortCircuits;
        return cost;
    }

    /** Replaces the rules of the short circuits, unless they are those that were written last. */
    KernelCost replace(List<ShortCircuit> shortCircuits) throws KernelException {
        if (shortCircuits.equals(written)) {
            return KernelCost.NONE;
        }
        RestoreScript script = new RestoreScript().table("nat").declare(IpvsRules.SHORT_CIRCUIT_TO);
        shortCircuits.forEach(shortCircuit ->
                script.append(IpvsRules.SHORT_CIRCUIT_TO, shortCircuit.rule().text()));
        iptables.restore(script.text());
        written = shortCircuits;
        return new KernelCost(script.lines(), script.bytes());
    }

    /** Removes all rules. */
    void remove() throws KernelException {
        restore(rules.tables(List.of()).stream()
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
