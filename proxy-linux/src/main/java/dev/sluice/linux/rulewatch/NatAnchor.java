// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.KernelException;
import dev.sluice.linux.nftables.NetlinkNftables;
import dev.sluice.linux.nftables.NftChain;
import dev.sluice.linux.nftables.NftChain.Hook;
import dev.sluice.linux.nftables.NftCommand;
import dev.sluice.linux.nftables.NftCommand.Table;
import dev.sluice.linux.nftables.NftRule;
import dev.sluice.linux.nftables.Nftables;
import dev.sluice.linux.nftables.expression.ConnectionField;
import dev.sluice.linux.nftables.expression.Expression;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps connection tracking and NAT working in the kernel when another program deletes all rules.
 *
 * <p>The kernel translates packets, also those of established connections, only while some nat chain exists, and tracks
 * connections only while some rule needs it. {@code nft flush ruleset}, or {@code iptables -X} after {@code -F}, delete
 * the last ones, and the next packet of each connection is answered by a reset. So this keeps a table with empty nat
 * chains, and with one rule on the state of a connection in a chain that no packet reaches. Its owner
 * (NFT_TABLE_F_OWNER, since Linux 5.12) is a socket of this process: other programs can neither flush nor delete it,
 * and it disappears with the socket. Only the first packet of a connection meets the nat chains.
 */
final class NatAnchor implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(NatAnchor.class);
    static final String TABLE = "sluice-nat-anchor";

    private static final String NEVER_REACHED = "tracking";
    private static final int ANY_REGISTER = 0;

    private static final List<NftChain> CHAINS = List.of(
            nat("prerouting", Hook.PREROUTING, -100),
            nat("input", Hook.INPUT, 100),
            nat("output", Hook.OUTPUT, -100),
            nat("postrouting", Hook.POSTROUTING, 100),
            NftChain.regular(NEVER_REACHED));

    private final Nftables nftables;

    private NatAnchor(Nftables nftables) {
        this.nftables = nftables;
    }

    /** A chain of the priority that iptables gives nat at that hook. */
    private static NftChain nat(String name, Hook hook, int priority) {
        return new NftChain(name, new NftChain.BaseHook("nat", hook, priority), "");
    }

    /** Creates the tables in the calling thread's network namespace. */
    static NatAnchor open() throws KernelException {
        NatAnchor anchor = new NatAnchor(NetlinkNftables.open());
        try {
            for (IpFamily family : IpFamily.values()) {
                anchor.make(new Table(family, TABLE));
            }
            return anchor;
        } catch (KernelException e) {
            anchor.close();
            throw e;
        }
    }

    /** As {@link #open}; null when the kernel has no tables with an owner. */
    static @Nullable NatAnchor tryOpen() {
        try {
            return open();
        } catch (KernelException e) {
            LOG.atInfo()
                    .addKeyValue("cause", e.getMessage())
                    .log("Connections will not survive a deletion of the nat tables");
            return null;
        }
    }

    private void make(Table table) throws KernelException {
        List<NftCommand> commands = new ArrayList<>();
        commands.add(new NftCommand.AddTable(table, "", true));
        for (NftChain chain : CHAINS) {
            commands.add(new NftCommand.AddChain(table, chain));
        }
        Expression stateOfConnection = new ConnectionField(ConnectionField.Key.STATE, ANY_REGISTER);
        commands.add(new NftCommand.AddRule(table, new NftRule(NEVER_REACHED, List.of(stateOfConnection), "")));
        nftables.commit(commands);
    }

    @Override
    public void close() {
        nftables.close();
    }
}
