// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.BatchReply;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/** {@link Conntrack} over ctnetlink. */
public final class NetlinkConntrack implements Conntrack {
    private final NetlinkSocket socket;

    private NetlinkConntrack(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the table of the calling thread's network namespace. */
    public static NetlinkConntrack open() throws NetlinkException {
        return new NetlinkConntrack(NetlinkSocket.open(Netlink.NETFILTER, ConntrackProtocol.SUBSYSTEM));
    }

    @Override
    public List<ConntrackEntry> list(IpFamily family, Protocol protocol, Filter filter) throws NetlinkException {
        NetlinkSocket.Decoder<ConntrackEntry> decoder = message -> EntryCodec.read(message, family, protocol, filter);
        try {
            return socket.dump(dump(family, protocol, Optional.of(filter)), decoder);
        } catch (NetlinkException e) {
            if (e.errno() != Errno.EINVAL && !e.unsupported()) {
                throw e;
            }
        }
        try {
            return socket.dump(dump(family, protocol, Optional.empty()), decoder);
        } catch (NetlinkException e) {
            throw explained(e);
        }
    }

    /** @param filter empty for kernels that refuse to filter */
    static NetlinkRequest dump(IpFamily family, Protocol protocol, Optional<Filter> filter) {
        return ConntrackProtocol.SUBSYSTEM.request(
                "conntrack list " + family + " " + protocol,
                ConntrackProtocol.GET,
                0,
                family.addressFamily(),
                out -> filter.ifPresent(only -> EntryCodec.writeFilter(out, protocol, only)));
    }

    @Override
    public Deletion delete(List<ConntrackEntry> entries) throws NetlinkException {
        if (entries.isEmpty()) {
            return new Deletion(List.of(), List.of());
        }
        List<NetlinkRequest> requests = entries.stream()
                .map(entry -> ConntrackProtocol.SUBSYSTEM.request(
                        entry,
                        ConntrackProtocol.DELETE,
                        0,
                        entry.family().addressFamily(),
                        out -> EntryCodec.writeKey(out, entry)))
                .toList();
        List<BatchReply.Refusal> refusals = socket.batch(requests).refusals();
        Set<Integer> left = refusals.stream().map(BatchReply.Refusal::index).collect(Collectors.toSet());
        return new Deletion(
                IntStream.range(0, entries.size())
                        .filter(i -> !left.contains(i))
                        .mapToObj(entries::get)
                        .toList(),
                refusals.stream()
                        .map(BatchReply.Refusal::error)
                        .filter(error -> !error.notFound())
                        .map(NetlinkConntrack::explained)
                        .toList());
    }

    /** The kernel answers EINVAL for a subsystem of netfilter that it does not have. */
    static NetlinkException explained(NetlinkException e) {
        return e.errno() == Errno.EINVAL && e.kernelText().isEmpty()
                ? NetlinkException.remarked(
                        e.operation(), Errno.EINVAL, "if ctnetlink is missing: modprobe nf_conntrack_netlink")
                : e;
    }

    @Override
    public void close() {
        socket.close();
    }
}
