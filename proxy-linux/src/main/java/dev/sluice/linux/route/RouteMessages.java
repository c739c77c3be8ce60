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
import org.jspecify.annotations.Nullable;

/** Messages about local routes, and the look-up of a route. */
final class RouteMessages {
    private RouteMessages() {}

    /** The way to {@code destination}. */
    static NetlinkRequest get(IpAddress destination) {
        return new NetlinkRequest(
                "look up the route to " + destination,
                RouteProtocol.GET_ROUTE,
                0,
                out -> header(out, destination, 0, 0, 0, 0).address(RouteProtocol.RTA_DST, destination));
    }

    /** The source that the kernel would choose; null where the reply names none. */
    static @Nullable IpAddress readSource(Message message) throws NetlinkException {
        IpAddress source = null;
        AttributeReader attributes = message.attributes(RouteProtocol.ROUTE_HEADER);
        while (attributes.next()) {
            if (attributes.type() == RouteProtocol.RTA_PREFSRC) {
                source = attributes.address();
            }
        }
        attributes.check("read a route");
        return source;
    }

    /**
     * A local route to {@code address} with that source. In IPv4 it takes the place of the address' own one, in IPv6 it
     * stands behind it.
     */
    static NetlinkRequest addLocal(int link, IpAddress address, IpAddress source) {
        boolean v4 = address.family() == IpFamily.IPV4;
        return local(
                "add",
                RouteProtocol.NEW_ROUTE,
                Netlink.F_CREATE | (v4 ? Netlink.F_REPLACE : Netlink.F_EXCL),
                link,
                address,
                source);
    }

    /** @param link of the route, which tells it from another one to the same address */
    static NetlinkRequest deleteLocal(int link, IpAddress address) {
        return local("delete", RouteProtocol.DELETE_ROUTE, 0, link, address, null);
    }

    private static NetlinkRequest local(
            String verb, int type, int flags, int link, IpAddress address, @Nullable IpAddress source) {
        int protocol = type == RouteProtocol.NEW_ROUTE ? RouteProtocol.PROTOCOL_STATIC : 0;
        int scope = address.family() == IpFamily.IPV4 ? RouteProtocol.SCOPE_HOST : 0;
        return new NetlinkRequest(verb + " local route to " + address, type, flags, out -> {
            header(out, address, RouteProtocol.LOCAL_TABLE, protocol, scope, RouteProtocol.TYPE_LOCAL)
                    .address(RouteProtocol.RTA_DST, address)
                    .u32(RouteProtocol.RTA_OIF, link);
            if (source != null) {
                out.address(RouteProtocol.RTA_PREFSRC, source);
            }
        });
    }

    private static MessageWriter header(
            MessageWriter out, IpAddress destination, int table, int protocol, int scope, int kind) {
        return out.u8(destination.family().addressFamily())
                .u8(destination.family().bits())
                .u8(0)
                .u8(0)
                .u8(table)
                .u8(protocol)
                .u8(scope)
                .u8(kind)
                .u32(0);
    }
}
