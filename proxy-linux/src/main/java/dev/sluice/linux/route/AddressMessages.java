// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.route.Links.Link;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/** Messages about addresses of links. */
final class AddressMessages {
    private AddressMessages() {}

    static NetlinkRequest list() {
        return new NetlinkRequest(
                "list addresses",
                RouteProtocol.GET_ADDRESS,
                0,
                out -> out.u8(0).u8(0).u8(0).u8(0).u32(0));
    }

    /** A host address that is not chosen as a source; it replaces the lifetimes of one that is there. */
    static NetlinkRequest bind(Link link, IpAddress address) {
        int length = address.family().bits();
        int scope = address.family() == IpFamily.IPV4 ? RouteProtocol.SCOPE_LINK : 0;
        return new NetlinkRequest(
                "add address " + address + "/" + length + " to link " + link.name(),
                RouteProtocol.NEW_ADDRESS,
                Netlink.F_CREATE | Netlink.F_REPLACE,
                out -> {
                    body(out, link, address, length, scope);
                    if (address.family() == IpFamily.IPV6) {
                        out.u32(RouteProtocol.IFA_FLAGS, RouteProtocol.IFA_F_NODAD);
                    }
                    out.bytes(RouteProtocol.IFA_CACHEINFO, neverPreferred());
                });
    }

    private static byte[] neverPreferred() {
        return ByteBuffer.allocate(RouteProtocol.CACHEINFO_SIZE)
                .order(ByteOrder.nativeOrder())
                .putInt(0)
                .putInt(RouteProtocol.LIFETIME_FOREVER)
                .array();
    }

    static NetlinkRequest delete(Link link, IpAddress address, int prefixLength) {
        return new NetlinkRequest(
                "delete address " + address + "/" + prefixLength + " from link " + link.name(),
                RouteProtocol.DELETE_ADDRESS,
                0,
                out -> body(out, link, address, prefixLength, 0));
    }

    private static void body(MessageWriter out, Link link, IpAddress address, int prefixLength, int scope) {
        out.u8(address.family().addressFamily())
                .u8(prefixLength)
                .u8(0)
                .u8(scope)
                .u32(link.index())
                .address(RouteProtocol.IFA_LOCAL, address)
                .address(RouteProtocol.IFA_ADDRESS, address);
    }

    /** An address as the kernel reports it; null for families other than IPv4 and IPv6. */
    static @Nullable Reported read(Message message) throws NetlinkException {
        int family = message.u8(0);
        if (family != IpFamily.IPV4.addressFamily() && family != IpFamily.IPV6.addressFamily()) {
            return null;
        }
        IpAddress local = null;
        IpAddress address = null;
        int flags = message.u8(2);
        AttributeReader attributes = message.attributes(RouteProtocol.ADDRESS_HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                // on a point-to-point link ADDRESS is the other end
                case RouteProtocol.IFA_LOCAL -> local = attributes.address();
                case RouteProtocol.IFA_ADDRESS -> address = attributes.address();
                case RouteProtocol.IFA_FLAGS -> flags = attributes.s32();
                default -> {}
            }
        }
        attributes.check("read an address");
        IpAddress own = local != null ? local : address;
        return own == null
                ? null
                : new Reported(message.u32(4), own, message.u8(1), (flags & RouteProtocol.IFA_F_DEPRECATED) != 0);
    }

    /** An address, and the number of its link. */
    record Reported(int linkIndex, IpAddress address, int prefixLength, boolean deprecated) {}
}
