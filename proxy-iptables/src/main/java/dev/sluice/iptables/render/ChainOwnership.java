// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.iptables.render;

import static dev.sluice.iptables.render.SharedChains.FILTER;
import static dev.sluice.iptables.render.SharedChains.NAT;

import dev.sluice.linux.iptables.ChainName;

/** The chains that belong to this mode. Names decide, so chains of earlier processes belong to it too. */
public final class ChainOwnership {
    private ChainOwnership() {}

    /**
     * Whether this mode may rewrite and delete the chain. {@code KUBE-FIREWALL} is shared with kubelet, and is not
     * owned.
     */
    public static boolean ownsChain(String table, String chain) {
        return switch (table) {
            case NAT -> SharedChains.IN_NAT.contains(chain) || PortChainNames.isPerPort(chain);
            case FILTER -> SharedChains.IN_FILTER.contains(chain) || DispatchRoot.isFilterBranch(chain);
            default -> false;
        };
    }

    /**
     * Whether kube-proxy's iptables mode has a chain of that name, or deletes it as a stale one of its own. It knows
     * nothing of the branches of filter's dispatch trees.
     */
    public static boolean sharesChain(String table, String chain) {
        return ownsChain(table, chain) && !(table.equals(FILTER) && DispatchRoot.isFilterBranch(chain));
    }

    /** Whether this mode keeps rules in the chain: one that it owns, shares, or one of the kernel's built-in chains. */
    public static boolean keepsRulesIn(String table, String chain) {
        return ownsChain(table, chain)
                || table.equals(FILTER) && chain.equals(SharedChains.FIREWALL)
                || (table.equals(NAT) || table.equals(FILTER)) && ChainName.isBuiltIn(chain);
    }
}
