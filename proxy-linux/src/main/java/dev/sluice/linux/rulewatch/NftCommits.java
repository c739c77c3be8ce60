// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.kernel.ForeignChange;
import dev.sluice.core.kernel.KernelObject;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.iptables.ChainName;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSubscription;
import dev.sluice.linux.nftables.NftGeneration;
import dev.sluice.linux.nftables.NftProtocol;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Collects the notifications of a commit into a {@link ForeignChange}. The kernel notifies of each object of a commit,
 * and at its end of the new generation with the process that made it (since Linux 4.15).
 *
 * <p>In a built-in chain only deletions count: a rule that another program adds there is its own.
 */
final class NftCommits implements NetlinkSubscription.Listener {
    /** Above this many chains, all count as changed. */
    private static final int MANY = 5_000;

    private final Interest interest;
    private final Consumer<ForeignChange> noticed;
    private final Map<IpFamily, Part> commit = new EnumMap<>(IpFamily.class);

    /** The part of a commit in one family. */
    private static final class Part {
        private final Set<KernelObject> chains = new HashSet<>();
        private boolean everything;
    }

    NftCommits(Interest interest, Consumer<ForeignChange> noticed) {
        this.interest = interest;
        this.noticed = noticed;
    }

    @Override
    public void heard(Message message) throws NetlinkException {
        switch (message.type()) {
            case NftProtocol.NEW_RULE -> chain(message, NftProtocol.RULE_TABLE, NftProtocol.RULE_CHAIN, false);
            case NftProtocol.DELETE_RULE -> chain(message, NftProtocol.RULE_TABLE, NftProtocol.RULE_CHAIN, true);
            case NftProtocol.NEW_CHAIN -> {
                if ((message.flags() & (Netlink.F_CREATE | Netlink.F_EXCL)) == 0) {
                    anyOf(message, NftProtocol.CHAIN_TABLE);
                } else {
                    chain(message, NftProtocol.CHAIN_TABLE, NftProtocol.CHAIN_NAME, false);
                }
            }
            case NftProtocol.DELETE_CHAIN -> chain(message, NftProtocol.CHAIN_TABLE, NftProtocol.CHAIN_NAME, true);
            case NftProtocol.DELETE_TABLE -> anyOf(message, NftProtocol.TABLE_NAME);
            case NftProtocol.NEW_GENERATION -> end(message);
            default -> {
                // iptables has no sets, flow tables and the like
            }
        }
    }

    private void chain(Message message, int tableAttribute, int chainAttribute, boolean goes) throws NetlinkException {
        IpFamily family = family(message);
        if (family == null) {
            return;
        }
        String table = "";
        String chain = "";
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while ((table.isEmpty() || chain.isEmpty()) && attributes.next()) {
            if (attributes.type() == tableAttribute) {
                table = attributes.string();
            } else if (attributes.type() == chainAttribute) {
                chain = attributes.string();
            }
        }
        attributes.check("read an announcement of nf_tables");
        KernelObject changed = new KernelObject(table, chain);
        if ((goes || !ChainName.isBuiltIn(chain)) && interest.watches(family, changed)) {
            Part part = commit.computeIfAbsent(family, f -> new Part());
            if (!part.everything && part.chains.add(changed) && part.chains.size() > MANY) {
                part.everything = true;
            }
        }
    }

    /**
     * A table was deleted, or a chain renamed. The old name is unknown, so any chain of the table may be missing.
     * (Before Linux 5.15 a new chain is notified like a renamed one.)
     */
    private void anyOf(Message message, int tableAttribute) {
        IpFamily family = family(message);
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (family != null && attributes.next()) {
            // every mode has rules in OUTPUT of each table that it uses
            if (attributes.type() == tableAttribute
                    && interest.watches(family, new KernelObject(attributes.string(), "OUTPUT"))) {
                commit.computeIfAbsent(family, f -> new Part()).everything = true;
            }
        }
    }

    private static @Nullable IpFamily family(Message message) {
        int number = message.u8(0);
        for (IpFamily family : IpFamily.values()) {
            if (family.addressFamily() == number) {
                return family;
            }
        }
        return null;
    }

    private void end(Message message) {
        if (commit.isEmpty()) {
            return;
        }
        String by = NftGeneration.author(message);
        Map<IpFamily, Part> parts = new EnumMap<>(commit);
        commit.clear();
        parts.forEach((family, part) -> noticed.accept(new ForeignChange(family, by, part.everything, part.chains)));
    }

    @Override
    public void lost() {
        commit.clear();
        for (IpFamily family : IpFamily.values()) {
            noticed.accept(new ForeignChange(family, "", true, Set.of()));
        }
    }
}
