// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The tables of nf_tables in the calling thread's network namespace, over netlink: the program {@code nft} reads every
 * rule of every table first, which takes minutes at 10,000 Services.
 */
public final class NftTables implements AutoCloseable {
    private final NetlinkSocket socket;

    private NftTables(NetlinkSocket socket) {
        this.socket = socket;
    }

    public static NftTables open() throws NetlinkException {
        return new NftTables(NetlinkSocket.open(Netlink.NETFILTER, new NftProtocol()));
    }

    /** Whether the table exists; false in a kernel without nf_tables. */
    public boolean has(IpFamily family, String name) throws NetlinkException {
        try {
            socket.request(named("look for", family, name, NftProtocol.GET_TABLE));
            return true;
        } catch (NetlinkException e) {
            // netfilter answers EINVAL for a subsystem that it does not have
            if (e.notFound() || e.unsupported() || e.errno() == Errno.EINVAL) {
                return false;
            }
            throw e;
        }
    }

    /** Deletes the table with all its content; ENOENT when it does not exist. */
    public void delete(IpFamily family, String name) throws NetlinkException {
        NetlinkRequest deletion = named("delete", family, name, NftProtocol.DELETE_TABLE);
        String what = deletion.operation().toString();
        socket.transaction(List.of(
                NftProtocol.boundary(what, NftProtocol.BATCH_BEGIN),
                deletion,
                NftProtocol.boundary(what, NftProtocol.BATCH_END)));
    }

    /**
     * The names of the chains in {@code table}, built-in ones included; empty when there is no such table. Reads no
     * rules, unlike {@code iptables-save}.
     */
    public List<String> chains(IpFamily family, String table) throws NetlinkException {
        NetlinkRequest request = new NetlinkRequest(
                "list nf_tables chains of " + family,
                NftProtocol.GET_CHAIN,
                0,
                out -> out.u8(family.addressFamily()).u8(0).u16(0));
        return socket.dump(request, message -> chainOf(table, message));
    }

    private static @Nullable String chainOf(String table, Message message) throws NetlinkException {
        String name = null;
        boolean inTable = false;
        AttributeReader attributes = message.attributes(NftProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case NftProtocol.CHAIN_TABLE -> inTable = attributes.string().equals(table);
                case NftProtocol.CHAIN_NAME -> name = attributes.string();
                default -> {
                    // hook, policy, counters
                }
            }
        }
        attributes.check("read an nf_tables chain");
        return inTable ? name : null;
    }

    private static NetlinkRequest named(String what, IpFamily family, String name, int type) {
        return new NetlinkRequest(
                what + " nf_tables table " + name + " of " + family,
                type,
                0,
                out -> out.u8(family.addressFamily()).u8(0).u16(0).string(NftProtocol.TABLE_NAME, name));
    }

    @Override
    public void close() {
        socket.close();
    }
}
