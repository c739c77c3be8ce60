// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
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

    private static final int TABLE_FLAGS = 2;
    private static final int OWNER = 2;
    private static final int CHAIN_HOOK = 4;
    private static final int CHAIN_TYPE = 7;
    private static final int HOOK_NUMBER = 1;
    private static final int HOOK_PRIORITY = 2;
    private static final String NEVER_REACHED = "tracking";
    private static final int RULE_EXPRESSIONS = 4;
    private static final int LIST_ELEMENT = 1;
    private static final int EXPRESSION_NAME = 1;
    private static final int EXPRESSION_DATA = 2;
    private static final int CT_REGISTER = 1;
    private static final int CT_KEY = 2;
    private static final int FIRST_REGISTER = 1;
    private static final int KEY_STATE = 0;

    private final NetlinkSocket socket;

    /** A hook of the kernel, and the priority that iptables gives nat there. */
    private record Hook(String chain, int number, int priority) {}

    private static final List<Hook> HOOKS = List.of(
            new Hook("prerouting", 0, -100),
            new Hook("input", 1, 100),
            new Hook("output", 3, -100),
            new Hook("postrouting", 4, 100));

    private NatAnchor(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Creates the tables in the calling thread's network namespace. */
    static NatAnchor open() throws NetlinkException {
        NatAnchor anchor = new NatAnchor(NetlinkSocket.open(Netlink.NETFILTER, new NftProtocol()));
        try {
            for (IpFamily family : IpFamily.values()) {
                anchor.make(family);
            }
            return anchor;
        } catch (NetlinkException e) {
            anchor.close();
            throw e;
        }
    }

    /** As {@link #open}; null when the kernel has no tables with an owner. */
    static @Nullable NatAnchor tryOpen() {
        try {
            return open();
        } catch (NetlinkException e) {
            LOG.atInfo()
                    .addKeyValue("cause", e.getMessage())
                    .log("Connections will not survive a deletion of the nat tables");
            return null;
        }
    }

    private void make(IpFamily family) throws NetlinkException {
        String what = "make table " + TABLE + " of " + family;
        List<NetlinkRequest> requests = new ArrayList<>();
        requests.add(NftProtocol.boundary(what, NftProtocol.BATCH_BEGIN));
        requests.add(new NetlinkRequest(
                what,
                NftProtocol.NEW_TABLE,
                Netlink.F_CREATE,
                out -> header(out, family).string(NftProtocol.TABLE_NAME, TABLE).u32BigEndian(TABLE_FLAGS, OWNER)));
        for (Hook hook : HOOKS) {
            requests.add(new NetlinkRequest(
                    what,
                    NftProtocol.NEW_CHAIN,
                    Netlink.F_CREATE,
                    out -> out.u8(family.addressFamily())
                            .u8(0)
                            .u16(0)
                            .string(NftProtocol.CHAIN_TABLE, TABLE)
                            .string(NftProtocol.CHAIN_NAME, hook.chain())
                            .nested(
                                    nested(CHAIN_HOOK),
                                    in -> in.u32BigEndian(HOOK_NUMBER, hook.number())
                                            .u32BigEndian(HOOK_PRIORITY, hook.priority()))
                            .string(CHAIN_TYPE, "nat")));
        }
        requests.add(new NetlinkRequest(
                what,
                NftProtocol.NEW_CHAIN,
                Netlink.F_CREATE,
                out -> header(out, family)
                        .string(NftProtocol.CHAIN_TABLE, TABLE)
                        .string(NftProtocol.CHAIN_NAME, NEVER_REACHED)));
        requests.add(new NetlinkRequest(
                what,
                NftProtocol.NEW_RULE,
                Netlink.F_CREATE,
                out -> header(out, family)
                        .string(NftProtocol.RULE_TABLE, TABLE)
                        .string(NftProtocol.RULE_CHAIN, NEVER_REACHED)
                        .nested(nested(RULE_EXPRESSIONS), NatAnchor::stateOfConnection)));
        requests.add(NftProtocol.boundary(what, NftProtocol.BATCH_END));
        socket.transaction(requests);
    }

    private static void stateOfConnection(MessageWriter rule) {
        rule.nested(
                nested(LIST_ELEMENT),
                expression -> expression
                        .string(EXPRESSION_NAME, "ct")
                        .nested(
                                nested(EXPRESSION_DATA),
                                data -> data.u32BigEndian(CT_REGISTER, FIRST_REGISTER)
                                        .u32BigEndian(CT_KEY, KEY_STATE)));
    }

    private static MessageWriter header(MessageWriter out, IpFamily family) {
        return out.u8(family.addressFamily()).u8(0).u16(0);
    }

    private static int nested(int type) {
        return type | Netlink.NLA_F_NESTED;
    }

    @Override
    public void close() {
        socket.close();
    }
}
