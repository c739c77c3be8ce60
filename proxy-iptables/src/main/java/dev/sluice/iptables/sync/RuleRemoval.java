// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.node.NodeSetup;
import dev.sluice.iptables.render.ChainOwnership;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;

/**
 * Removes all rules of this mode by name, those of earlier processes too.
 *
 * <p>The guard of loopback addresses is removed with the kernel parameter that made it necessary. Where kubelet keeps
 * the same guard, both stay.
 */
public final class RuleRemoval {
    private final Iptables iptables;
    private final NodeSetup node;

    public RuleRemoval(Iptables iptables, NodeSetup node) {
        this.iptables = iptables;
        this.node = node;
    }

    public void run() throws KernelException, SyncException {
        remove(NAT);
        SavedTable filter = remove(FILTER);
        if (LoopbackGuard.isOurs(filter)) {
            RestoreScript script = new RestoreScript().table(FILTER);
            if (!LoopbackGuard.isShared(filter)) {
                node.closeLocalhost();
            }
            LoopbackGuard.remove(filter, script);
            iptables.restore(script.text());
        }
    }

    /** Returns the table as it was before. */
    private SavedTable remove(String table) throws KernelException {
        SavedTable found = SavedTable.parse(table, iptables.save(table));
        RestoreScript script = new RestoreScript();
        TableDiff.plan(found, TableRules.nothing(table), chain -> ChainOwnership.ownsChain(table, chain), script);
        if (!script.isEmpty()) {
            iptables.restore(script.text());
        }
        return found;
    }
}
