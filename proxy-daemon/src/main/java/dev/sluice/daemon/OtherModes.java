package dev.sluice.daemon;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.Iptables;
import dev.sluice.linux.iptables.RestoreScript;
import dev.sluice.linux.iptables.SavedTable;
import dev.sluice.linux.iptables.TableDiff;
import dev.sluice.linux.iptables.TableRules;
import dev.sluice.linux.rulewatch.NftTables;
import java.util.List;

/** The rules that proxies of other modes have left: iptables chains, and the nftables tables of kube-proxy. */
final class OtherModes {
    private static final String KUBE_PROXY_TABLE = "kube-proxy";
    private static final List<String> TABLES = List.of("nat", "filter", "mangle");

    /** Which user chains a mode makes. */
    interface ChainOwner {
        boolean owns(String table, String chain);
    }

    /** Tells the chains of a table, at no more than their own cost. */
    interface ChainLister {
        List<String> chains(String table) throws KernelException;
    }

    private OtherModes() {}

    /** {@link #removeChains(Iptables, ChainLister, ChainOwner, List)} with the cheapest way to list chains. */
    static int removeChains(Iptables iptables, ChainOwner own, List<ChainOwner> others) throws KernelException {
        if (iptables.variant() == Iptables.Variant.LEGACY) {
            return removeChains(iptables, table -> chainsIn(iptables, table), own, others);
        }
        try (NftTables tables = NftTables.open()) {
            return removeChains(iptables, table -> tables.chains(iptables.family(), table), own, others);
        }
    }

    private static List<String> chainsIn(Iptables iptables, String table) throws KernelException {
        return List.copyOf(SavedTable.parse(table, iptables.save(table)).chains());
    }

    /**
     * Deletes the chains of {@code others} that are not {@code own} too, and the jumps to them. Chains of the same name in both
     * have the content of the mode in force, so nothing leads from them to what goes. A table's rules are read only if it has
     * such chains: at 10,000 Services each table would take the nft variant's tool some seconds.
     *
     * @return how many chains went
     */
    static int removeChains(Iptables iptables, ChainLister lister, ChainOwner own, List<ChainOwner> others)
            throws KernelException {
        RestoreScript script = new RestoreScript();
        int chains = 0;
        for (String table : TABLES) {
            List<String> left = lister.chains(table).stream()
                    .filter(chain -> !own.owns(table, chain) && others.stream().anyMatch(o -> o.owns(table, chain)))
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

    /** Deletes the table of kube-proxy's mode nftables, which Sluice has not. Answers whether there was one. */
    static boolean removeNftables(IpFamily family) throws NetlinkException {
        try (NftTables tables = NftTables.open()) {
            boolean found = tables.has(family, KUBE_PROXY_TABLE);
            if (found) {
                tables.delete(family, KUBE_PROXY_TABLE);
            }
            return found;
        }
    }
}
