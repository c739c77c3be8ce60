// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack.Filter;
import dev.sluice.linux.conntrack.ConntrackEntry.Tuple;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Looks single entries up by their reply direction, as {@code SO_ORIGINAL_DST} does for TCP alone. The kernel finds an
 * entry by a hash of its table and answers within the send, so a call does not wait.
 */
public final class ConntrackLookup implements AutoCloseable {
    private final NetlinkSocket socket;

    private ConntrackLookup(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the table of the calling thread's network namespace. */
    public static ConntrackLookup open() throws NetlinkException {
        return new ConntrackLookup(NetlinkSocket.open(Netlink.NETFILTER, ConntrackProtocol.SUBSYSTEM));
    }

    /**
     * The original direction of the entry, of the default zone, whose replies are sent like {@code reply}.
     *
     * @return null when there is none
     */
    public @Nullable Tuple original(Protocol protocol, Tuple reply) throws NetlinkException {
        try {
            List<ConntrackEntry> found = socket.ask(
                    request(protocol, reply),
                    message -> EntryCodec.read(message, reply.source().family(), protocol, Filter.ANYTHING));
            return found.isEmpty() ? null : found.getFirst().original();
        } catch (NetlinkException e) {
            if (e.notFound()) {
                return null;
            }
            throw NetlinkConntrack.explained(e);
        }
    }

    /**
     * As {@link #original}, for several entries at once, of one family.
     *
     * @return the original directions in the order of {@code replies}, null for those that cannot be found
     */
    public List<@Nullable Tuple> originals(Protocol protocol, List<Tuple> replies) throws NetlinkException {
        return socket.askAll(
                replies.stream().map(reply -> request(protocol, reply)).toList(), message -> {
                    IpFamily family = replies.getFirst().source().family();
                    ConntrackEntry entry = EntryCodec.read(message, family, protocol, Filter.ANYTHING);
                    return entry == null ? null : entry.original();
                });
    }

    static NetlinkRequest request(Protocol protocol, Tuple reply) {
        return ConntrackProtocol.SUBSYSTEM.request(
                reply,
                ConntrackProtocol.GET,
                0,
                reply.source().family().addressFamily(),
                out -> EntryCodec.writeTuple(out, ConntrackProtocol.TUPLE_REPLY, protocol, reply));
    }

    @Override
    public void close() {
        socket.close();
    }
}
