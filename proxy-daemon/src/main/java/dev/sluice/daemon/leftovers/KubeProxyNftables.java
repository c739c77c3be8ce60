// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.daemon.leftovers;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.Nftables;
import java.util.List;

/** The leftovers of kube-proxy's nftables mode; the table of ours has another name. */
final class KubeProxyNftables {
    /** The mode as kube-proxy says it. */
    static final String MODE = "nftables";

    private static final String TABLE = "kube-proxy";

    private KubeProxyNftables() {}

    /** Deletes its table of {@code family}; returns whether there was one. */
    static boolean remove(IpFamily family) throws KernelException {
        Table table = new Table(family, TABLE);
        try (Nftables nftables = NetlinkNftables.open()) {
            boolean found = nftables.exists(table);
            if (found) {
                nftables.commit(List.of(new NftCommand.DeleteTable(table)));
            }
            return found;
        }
    }
}
