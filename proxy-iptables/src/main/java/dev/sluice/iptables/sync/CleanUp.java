package dev.sluice.iptables.sync;

import static dev.sluice.iptables.render.FixedChains.FILTER;
import static dev.sluice.iptables.render.FixedChains.NAT;

import dev.sluice.core.sync.SyncException;
import dev.sluice.iptables.node.NodeSetup;
import dev.sluice.iptables.render.FixedChains;
import dev.sluice.iptables.render.LoopbackGuard;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;

/**
 * Takes away all that this mode made, by name, so it also finds what an earlier run left.
 *
 * <p>The guard of loopback addresses goes with the kernel parameter that made it necessary; where kubelet keeps the same
 * guard, both stay.
 */
public final class CleanUp {
    private final Iptables iptables;
    private final NodeSetup node;

    public CleanUp(Iptables iptables, NodeSetup node) {
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

    /** Answers the table as it was before. */
    private SavedTable remove(String table) throws KernelException {
        SavedTable inForce = SavedTable.parse(table, iptables.save(table));
        RestoreScript script = new RestoreScript();
        TableDiff.plan(inForce, TableRules.nothing(table), chain -> FixedChains.isOwned(table, chain), script);
        if (!script.isEmpty()) {
            iptables.restore(script.text());
        }
        return inForce;
    }
}
