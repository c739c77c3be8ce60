// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables;
import java.util.List;
import java.util.function.Predicate;

/** The removal of iptables chains that a proxy in another mode has left. */
final class ChainRemoval {
    private static final List<String> TABLES = List.of("nat", "filter", "mangle");

    /** A lister of a table's chains whose cost does not grow with the rules. */
    interface ChainLister {
        List<String> chains(String table) throws KernelException;
    }

    private ChainRemoval() {}

    /** {@link #remove(Iptables, ChainLister, Predicate)} with the cheapest way to list chains. */
    static int remove(Iptables iptables, Predicate<KernelObject> leftover) throws KernelException {
        if (iptables.variant() == Iptables.Variant.LEGACY) {
            return remove(iptables, table -> chainsIn(iptables, table), leftover);
        }
        try (Nftables nftables = NetlinkNftables.open()) {
            return remove(iptables, table -> nftables.chains(new Table(iptables.family(), table)), leftover);
        }
    }

    private static List<String> chainsIn(Iptables iptables, String table) throws KernelException {
        return List.copyOf(SavedTable.parse(table, iptables.save(table)).chains());
    }

    /**
     * Deletes the leftover chains and the jumps to them. A chain of the mode in use that has the same name in another
     * mode has the content of the mode in use, so nothing leads from it to a leftover. A table's rules are read only if
     * it has leftovers: at 10,000 Services each table would take the nft variant's tool some seconds.
     *
     * @return how many chains were deleted
     */
    static int remove(Iptables iptables, ChainLister lister, Predicate<KernelObject> leftover) throws KernelException {
        RestoreScript script = new RestoreScript();
        int chains = 0;
        for (String table : TABLES) {
            List<String> left = lister.chains(table).stream()
                    .filter(chain -> leftover.test(new KernelObject(table, chain)))
                    .toList();
            if (!left.isEmpty()) {
                chains += left.size();
                SavedTable inForce = SavedTable.parse(table, iptables.save(table));
                TableDiff.plan(inForce, TableRules.nothing(table), left::contains, script);
            }
        }
        if (!script.isEmpty()) {
            iptables.restore(script.text());
        }
        return chains;
    }
}
