// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.kernel.KernelObject;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.RuleLine;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables;
import java.util.List;
import java.util.function.BiPredicate;
import java.util.function.Predicate;

/** The removal of iptables chains that a proxy in another mode has left. */
final class ChainRemoval {
    private static final List<String> TABLES = List.of("nat", "filter", "mangle");

    /** A lister of a table's chains whose cost does not grow with the rules. */
    interface ChainLister {
        List<String> chains(String table) throws KernelException;
    }

    private ChainRemoval() {}

    /** Removes no jump to other chains than the leftover ones. */
    static int remove(Iptables iptables, Predicate<KernelObject> leftover) throws KernelException {
        return remove(iptables, leftover, (chain, rule) -> false);
    }

    /** {@link #remove(Iptables, ChainLister, Predicate, BiPredicate)} with the cheapest way to list chains. */
    static int remove(Iptables iptables, Predicate<KernelObject> leftover, BiPredicate<KernelObject, String> jump)
            throws KernelException {
        if (iptables.variant() == Iptables.Variant.LEGACY) {
            return remove(iptables, table -> chainsIn(iptables, table), leftover, jump);
        }
        try (Nftables nftables = NetlinkNftables.open()) {
            return remove(iptables, table -> nftables.chains(new Table(iptables.family(), table)), leftover, jump);
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
     * @param jump which rules of built-in chains are leftovers, although they lead to a chain that stays
     * @return how many chains were deleted
     */
    static int remove(
            Iptables iptables,
            ChainLister lister,
            Predicate<KernelObject> leftover,
            BiPredicate<KernelObject, String> jump)
            throws KernelException {
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
                removeJumps(inForce, rule -> left.contains(RuleLine.target(rule).orElse("")), jump, script);
            }
        }
        if (!script.isEmpty()) {
            iptables.restore(script.text());
        }
        return chains;
    }

    /** @param gone which rules are deleted with their targets */
    private static void removeJumps(
            SavedTable inForce, Predicate<String> gone, BiPredicate<KernelObject, String> jump, RestoreScript script) {
        script.table(inForce.table());
        for (String chain : inForce.chains()) {
            if (ChainName.isBuiltIn(chain)) {
                KernelObject builtIn = new KernelObject(inForce.table(), chain);
                inForce.rules(chain).stream()
                        .filter(rule -> !gone.test(rule) && jump.test(builtIn, rule))
                        .forEach(rule -> script.delete(chain, rule));
            }
        }
    }
}
