// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Set elements as netlink attributes. */
final class ElementCodec {
    private ElementCodec() {}

    static void write(MessageWriter out, SetEntry entry) {
        switch (entry) {
            case SetEntry.Ip(IpAddress address) -> address(out, IpSetProtocol.DATA_IP, address);
            case SetEntry.IpPort(IpAddress address, Protocol protocol, int port) ->
                ipPort(out, address, protocol, port);
            case SetEntry.IpPortIp(IpAddress address, Protocol protocol, int port, IpAddress second) -> {
                ipPort(out, address, protocol, port);
                address(out, IpSetProtocol.DATA_IP2, second);
            }
            case SetEntry.IpPortNet(IpAddress address, Protocol protocol, int port, Cidr net) -> {
                ipPort(out, address, protocol, port);
                address(out, IpSetProtocol.DATA_IP2, net.base());
                out.u8(IpSetProtocol.DATA_CIDR2, net.length());
            }
            case SetEntry.Port(int port) -> port(out, port);
        }
    }

    private static void ipPort(MessageWriter out, IpAddress address, Protocol protocol, int port) {
        address(out, IpSetProtocol.DATA_IP, address);
        port(out, port);
        out.u8(IpSetProtocol.DATA_PROTO, protocol.number());
    }

    private static void port(MessageWriter out, int port) {
        out.u16BigEndian(IpSetProtocol.bigEndian(IpSetProtocol.DATA_PORT), port);
    }

    private static void address(MessageWriter out, int type, IpAddress address) {
        int inner = address.family() == IpFamily.IPV4 ? IpSetProtocol.ADDRESS_IPV4 : IpSetProtocol.ADDRESS_IPV6;
        out.nested(NetfilterSubsystem.nested(type), in -> in.address(IpSetProtocol.bigEndian(inner), address));
    }

    /**
     * An element of a set.
     *
     * @param seconds until it expires, 0 for never
     */
    record Element(SetEntry entry, int seconds) {}

    /** Reads the element inside the current attribute of {@code list}; empty when it is not one of {@code type}. */
    static Optional<Element> read(AttributeReader list, IpSet.Type type) {
        Parts parts = new Parts(list.nested());
        return entry(parts, type).map(entry -> new Element(entry, parts.seconds));
    }

    private static Optional<SetEntry> entry(Parts parts, IpSet.Type type) {
        IpAddress address = parts.address;
        IpAddress second = parts.second;
        if (type == IpSet.Type.BITMAP_PORT) {
            return Optional.of(new SetEntry.Port(parts.port));
        }
        if (address == null) {
            return Optional.empty();
        }
        if (type == IpSet.Type.HASH_IP) {
            return Optional.of(new SetEntry.Ip(address));
        }
        Protocol protocol = parts.protocol();
        if (protocol == null) {
            return Optional.empty();
        }
        if (type == IpSet.Type.HASH_IP_PORT) {
            return Optional.of(new SetEntry.IpPort(address, protocol, parts.port));
        }
        if (second == null) {
            return Optional.empty();
        }
        return type == IpSet.Type.HASH_IP_PORT_IP
                ? Optional.of(new SetEntry.IpPortIp(address, protocol, parts.port, second))
                : Optional.of(new SetEntry.IpPortNet(address, protocol, parts.port, parts.net(second)));
    }

    /** The attributes of one element. */
    private static final class Parts {
        private @Nullable IpAddress address;
        private @Nullable IpAddress second;
        private int port;
        private int protocolNumber;
        private int length = -1;
        private int seconds;

        Parts(AttributeReader element) {
            while (element.next()) {
                switch (element.type()) {
                    case IpSetProtocol.DATA_IP -> address = inner(element);
                    case IpSetProtocol.DATA_PORT -> port = element.u16BigEndian();
                    case IpSetProtocol.DATA_TIMEOUT -> seconds = (int) element.u32BigEndian();
                    case IpSetProtocol.DATA_PROTO -> protocolNumber = element.u8();
                    case IpSetProtocol.DATA_IP2 -> second = inner(element);
                    case IpSetProtocol.DATA_CIDR2 -> length = element.u8();
                    default -> {}
                }
            }
        }

        @Nullable
        Protocol protocol() {
            for (Protocol protocol : Protocol.values()) {
                if (protocol.number() == protocolNumber) {
                    return protocol;
                }
            }
            return null;
        }

        Cidr net(IpAddress base) {
            int bits = base.family().bits();
            return new Cidr(base, length < 0 || length > bits ? bits : length);
        }

        private static @Nullable IpAddress inner(AttributeReader attribute) {
            AttributeReader nested = attribute.nested();
            return nested.next() ? nested.address() : null;
        }
    }
}
