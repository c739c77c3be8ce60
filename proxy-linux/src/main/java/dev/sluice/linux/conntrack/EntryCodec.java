// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack.Filter;
import dev.sluice.linux.conntrack.ConntrackEntry.Tuple;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import org.jspecify.annotations.Nullable;

/** Conntrack entries as netlink attributes. */
final class EntryCodec {
    private EntryCodec() {}

    /** Writes the identity of an entry: its original direction, zone and id. */
    static void writeKey(MessageWriter out, ConntrackEntry entry) {
        writeTuple(out, ConntrackProtocol.TUPLE_ORIG, entry.protocol(), entry.original());
        if (entry.zone() != 0) {
            out.u16BigEndian(ConntrackProtocol.ZONE, entry.zone());
        }
        if (entry.id() != 0) {
            out.u32BigEndian(ConntrackProtocol.ID, entry.id());
        }
    }

    /** @param direction {@link ConntrackProtocol#TUPLE_ORIG} or {@link ConntrackProtocol#TUPLE_REPLY} */
    static void writeTuple(MessageWriter out, int direction, Protocol protocol, Tuple tuple) {
        boolean v4 = tuple.source().family() == IpFamily.IPV4;
        out.nested(NetfilterSubsystem.nested(direction), in -> {
            in.nested(
                    NetfilterSubsystem.nested(ConntrackProtocol.TUPLE_IP),
                    ip -> ip.address(v4 ? ConntrackProtocol.IP_V4_SRC : ConntrackProtocol.IP_V6_SRC, tuple.source())
                            .address(
                                    v4 ? ConntrackProtocol.IP_V4_DST : ConntrackProtocol.IP_V6_DST,
                                    tuple.destination()));
            in.nested(
                    NetfilterSubsystem.nested(ConntrackProtocol.TUPLE_PROTO),
                    proto -> proto.u8(ConntrackProtocol.PROTO_NUM, protocol.number())
                            .u16BigEndian(ConntrackProtocol.PROTO_SRC_PORT, tuple.sourcePort())
                            .u16BigEndian(ConntrackProtocol.PROTO_DST_PORT, tuple.destinationPort()));
        });
    }

    /**
     * Requests a dump of matching entries only. Kernels before 5.8 ignore it, so the reader filters again. IPv6
     * addresses are left out: the kernel compares them the wrong way round ({@code ctnetlink_filter_match_tuple}, seen
     * in 5.8 to 6.18), and would skip exactly the entries that match.
     */
    static void writeFilter(MessageWriter out, Protocol protocol, Filter filter) {
        IpAddress wanted = filter.address();
        IpAddress v4 = wanted != null && wanted.family() == IpFamily.IPV4 ? wanted : null;
        int flags = ConntrackProtocol.FILTER_PROTO_NUM
                | (v4 == null ? 0 : ConntrackProtocol.FILTER_IP_DST)
                | (filter.port() == 0 ? 0 : ConntrackProtocol.FILTER_PROTO_DST_PORT);
        out.nested(NetfilterSubsystem.nested(ConntrackProtocol.TUPLE_ORIG), in -> {
            if (v4 != null) {
                in.nested(
                        NetfilterSubsystem.nested(ConntrackProtocol.TUPLE_IP),
                        ip -> ip.address(ConntrackProtocol.IP_V4_DST, v4));
            }
            in.nested(NetfilterSubsystem.nested(ConntrackProtocol.TUPLE_PROTO), proto -> {
                proto.u8(ConntrackProtocol.PROTO_NUM, protocol.number());
                if (filter.port() != 0) {
                    proto.u16BigEndian(ConntrackProtocol.PROTO_DST_PORT, filter.port());
                }
            });
        });
        out.nested(
                NetfilterSubsystem.nested(ConntrackProtocol.FILTER),
                in -> in.u32(ConntrackProtocol.FILTER_ORIG_FLAGS, flags).u32(ConntrackProtocol.FILTER_REPLY_FLAGS, 0));
    }

    /** The entry of {@code message}, or null when {@code filter}, family or protocol do not match. */
    static @Nullable ConntrackEntry read(Message message, IpFamily family, Protocol protocol, Filter filter)
            throws NetlinkException {
        TupleParts original = new TupleParts();
        TupleParts reply = new TupleParts();
        int mark = 0;
        int zone = 0;
        int id = 0;
        AttributeReader attributes = message.attributes(NetfilterSubsystem.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case ConntrackProtocol.TUPLE_ORIG -> original.read(attributes.nested());
                case ConntrackProtocol.TUPLE_REPLY -> reply.read(attributes.nested());
                case ConntrackProtocol.MARK -> mark = (int) attributes.u32BigEndian();
                case ConntrackProtocol.ZONE -> zone = attributes.u16BigEndian();
                case ConntrackProtocol.ID -> id = (int) attributes.u32BigEndian();
                default -> {}
            }
        }
        attributes.check("read a connection tracking entry");
        Tuple there = original.tuple(family, protocol);
        Tuple back = reply.tuple(family, protocol);
        return there == null || back == null || !filter.matches(there)
                ? null
                : new ConntrackEntry(family, protocol, there, back, mark, zone, id);
    }

    /** The attributes of one direction. */
    private static final class TupleParts {
        private @Nullable IpAddress source;
        private @Nullable IpAddress destination;
        private int protocolNumber;
        private int sourcePort;
        private int destinationPort;

        void read(AttributeReader tuple) {
            while (tuple.next()) {
                switch (tuple.type()) {
                    case ConntrackProtocol.TUPLE_IP -> addresses(tuple.nested());
                    case ConntrackProtocol.TUPLE_PROTO -> ports(tuple.nested());
                    default -> {}
                }
            }
        }

        private void addresses(AttributeReader ip) {
            while (ip.next()) {
                switch (ip.type()) {
                    case ConntrackProtocol.IP_V4_SRC, ConntrackProtocol.IP_V6_SRC -> source = ip.address();
                    case ConntrackProtocol.IP_V4_DST, ConntrackProtocol.IP_V6_DST -> destination = ip.address();
                    default -> {}
                }
            }
        }

        private void ports(AttributeReader proto) {
            while (proto.next()) {
                switch (proto.type()) {
                    case ConntrackProtocol.PROTO_NUM -> protocolNumber = proto.u8();
                    case ConntrackProtocol.PROTO_SRC_PORT -> sourcePort = proto.u16BigEndian();
                    case ConntrackProtocol.PROTO_DST_PORT -> destinationPort = proto.u16BigEndian();
                    default -> {}
                }
            }
        }

        @Nullable
        Tuple tuple(IpFamily family, Protocol protocol) {
            IpAddress from = source;
            IpAddress to = destination;
            if (from == null || to == null || protocolNumber != protocol.number()) {
                return null;
            }
            boolean wanted = from.family() == family && to.family() == family;
            return wanted ? new Tuple(from, sourcePort, to, destinationPort) : null;
        }
    }
}
