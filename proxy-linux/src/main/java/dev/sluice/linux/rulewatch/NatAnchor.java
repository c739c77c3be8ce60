package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps address translation in the kernel at work while somebody deletes the nat tables.
 *
 * <p>The kernel translates packets, also those of established connections, only while some nat chain exists. {@code nft flush
 * ruleset}, or {@code iptables -X} after {@code -F}, delete the last one, and the next packet of each connection is answered by
 * a reset. So this keeps a table of empty nat chains whose owner (NFT_TABLE_F_OWNER, since Linux 5.12) is a socket of this
 * process: others can neither flush nor delete it, and it goes with the socket. Its chains are asked for the first packet of a
 * flow only.
 */
final class NatAnchor implements AutoCloseable {
    static final String TABLE = "sluice-nat-anchor";

    private static final int TABLE_FLAGS = 2;
    private static final int OWNER = 2;
    private static final int CHAIN_HOOK = 4;
    private static final int CHAIN_TYPE = 7;
    private static final int HOOK_NUMBER = 1;
    private static final int HOOK_PRIORITY = 2;

    private final NetlinkSocket socket;

    /** A hook of the kernel, and iptables' place for nat in it. */
    private record Hook(String chain, int number, int priority) {}

    private static final List<Hook> HOOKS = List.of(
            new Hook("prerouting", 0, -100),
            new Hook("input", 1, 100),
            new Hook("output", 3, -100),
            new Hook("postrouting", 4, 100));

    private NatAnchor(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Makes the tables, in the calling thread's network namespace. */
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

    private void make(IpFamily family) throws NetlinkException {
        String what = "make table " + TABLE + " of " + family;
        List<NetlinkRequest> requests = new ArrayList<>();
        requests.add(NftProtocol.boundary(what, NftProtocol.BATCH_BEGIN));
        requests.add(new NetlinkRequest(
                what,
                NftProtocol.NEW_TABLE,
                Netlink.F_CREATE,
                out -> out.u8(family.addressFamily())
                        .u8(0)
                        .u16(0)
                        .string(NftProtocol.TABLE_NAME, TABLE)
                        .u32BigEndian(TABLE_FLAGS, OWNER)));
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
                                    CHAIN_HOOK | Netlink.NLA_F_NESTED,
                                    in -> in.u32BigEndian(HOOK_NUMBER, hook.number())
                                            .u32BigEndian(HOOK_PRIORITY, hook.priority()))
                            .string(CHAIN_TYPE, "nat")));
        }
        requests.add(NftProtocol.boundary(what, NftProtocol.BATCH_END));
        socket.transaction(requests);
    }

    @Override
    public void close() {
        socket.close();
    }
}
