// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.rulewatch.NftTables;

/** The leftovers of kube-proxy's nftables mode, which Sluice does not have. */
final class KubeProxyNftables {
    private static final String TABLE = "kube-proxy";

    private KubeProxyNftables() {}

    /** Deletes its table of {@code family}; returns whether there was one. */
    static boolean remove(IpFamily family) throws NetlinkException {
        try (NftTables tables = NftTables.open()) {
            boolean found = tables.has(family, TABLE);
            if (found) {
                tables.delete(family, TABLE);
            }
            return found;
        }
    }
}
