package dev.sluice.linux.conntrack;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.conntrack.Conntrack.Flow;
import dev.sluice.linux.conntrack.Conntrack.Tuple;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import org.jspecify.annotations.Nullable;

/** Entries as attributes. */
final class FlowCodec {
    private FlowCodec() {}

    /** Writes what names an entry: its original direction and its zone. */
    static void writeKey(MessageWriter out, Flow flow) {
        Tuple tuple = flow.original();
        boolean v4 = flow.family() == IpFamily.IPV4;
        out.nested(ConntrackProtocol.nested(ConntrackProtocol.TUPLE_ORIG), in -> {
            in.nested(
                    ConntrackProtocol.nested(ConntrackProtocol.TUPLE_IP),
                    ip -> ip.address(v4 ? ConntrackProtocol.IP_V4_SRC : ConntrackProtocol.IP_V6_SRC, tuple.source())
                            .address(
                                    v4 ? ConntrackProtocol.IP_V4_DST : ConntrackProtocol.IP_V6_DST,
                                    tuple.destination()));
            in.nested(
                    ConntrackProtocol.nested(ConntrackProtocol.TUPLE_PROTO),
                    proto -> proto.u8(
                                    ConntrackProtocol.PROTO_NUM, flow.protocol().number())
                            .u16BigEndian(ConntrackProtocol.PROTO_SRC_PORT, tuple.sourcePort())
                            .u16BigEndian(ConntrackProtocol.PROTO_DST_PORT, tuple.destinationPort()));
        });
        if (flow.zone() != 0) {
            out.u16BigEndian(ConntrackProtocol.ZONE, flow.zone());
        }
    }

    /** Asks the kernel, since Linux 5.8, to leave other protocols out; an older one passes over this. */
    static void writeFilter(MessageWriter out, Protocol protocol) {
        out.nested(
                        ConntrackProtocol.nested(ConntrackProtocol.TUPLE_ORIG),
                        in -> in.nested(
                                ConntrackProtocol.nested(ConntrackProtocol.TUPLE_PROTO),
                                proto -> proto.u8(ConntrackProtocol.PROTO_NUM, protocol.number())))
                .nested(
                        ConntrackProtocol.nested(ConntrackProtocol.FILTER),
                        in -> in.u32(ConntrackProtocol.FILTER_ORIG_FLAGS, ConntrackProtocol.FILTER_PROTO_NUM)
                                .u32(ConntrackProtocol.FILTER_REPLY_FLAGS, 0));
    }

    /** The entry of {@code message}, or null when it is of another family or protocol. */
    static @Nullable Flow read(Message message, IpFamily family, Protocol protocol) throws NetlinkException {
        TupleParts original = new TupleParts();
        TupleParts reply = new TupleParts();
        int mark = 0;
        int zone = 0;
        AttributeReader attributes = message.attributes(ConntrackProtocol.HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case ConntrackProtocol.TUPLE_ORIG -> original.read(attributes.nested());
                case ConntrackProtocol.TUPLE_REPLY -> reply.read(attributes.nested());
                case ConntrackProtocol.MARK -> mark = (int) attributes.u32BigEndian();
                case ConntrackProtocol.ZONE -> zone = attributes.u16BigEndian();
                default -> {}
            }
        }
        attributes.check("read a connection tracking entry");
        Tuple there = original.tuple(family, protocol);
        Tuple back = reply.tuple(family, protocol);
        return there == null || back == null ? null : new Flow(family, protocol, there, back, mark, zone);
    }

    /** What the attributes of one direction say. */
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
