package dev.sluice.linux.route;

import dev.sluice.core.net.Cidr;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Messages about routes. */
final class RouteMessages {
    private static final int PROTOCOL_BOOT = 3; // as ip(8) marks its routes
    private static final int SCOPE_UNIVERSE = 0;
    private static final int SCOPE_LINK = 253;
    private static final int SCOPE_NOWHERE = 255; // of a deletion: any
    private static final int TYPE_UNICAST = 1;
    private static final int FLAG_CLONED = 0x200;
    private static final int TABLE_IN_ATTRIBUTE = 0;

    private RouteMessages() {}

    static NetlinkRequest list(IpFamily family) {
        return new NetlinkRequest(
                "list " + family + " routes",
                RouteProtocol.GET_ROUTE,
                0,
                out -> out.u8(family.addressFamily()).u8(0).u16(0).u32(0).u32(0));
    }

    static NetlinkRequest add(Route route) {
        int scope = route.gateway().isPresent() ? SCOPE_UNIVERSE : SCOPE_LINK;
        return new NetlinkRequest(
                "add route " + route,
                RouteProtocol.NEW_ROUTE,
                Netlink.F_CREATE | Netlink.F_EXCL,
                out -> body(out, route, PROTOCOL_BOOT, scope, TYPE_UNICAST));
    }

    static NetlinkRequest delete(Route route) {
        return new NetlinkRequest(
                "delete route " + route, RouteProtocol.DELETE_ROUTE, 0, out -> body(out, route, 0, SCOPE_NOWHERE, 0));
    }

    private static void body(MessageWriter out, Route route, int protocol, int scope, int type) {
        Cidr destination = route.destination();
        out.u8(destination.family().addressFamily())
                .u8(destination.length())
                .u8(0)
                .u8(0);
        out.u8(route.table() < 256 ? route.table() : TABLE_IN_ATTRIBUTE)
                .u8(protocol)
                .u8(scope)
                .u8(type)
                .u32(0);
        out.u32(RouteProtocol.RTA_TABLE, route.table());
        if (destination.length() > 0) {
            out.address(RouteProtocol.RTA_DST, destination.base());
        }
        route.gateway().ifPresent(gateway -> out.address(RouteProtocol.RTA_GATEWAY, gateway));
        route.source().ifPresent(source -> out.address(RouteProtocol.RTA_PREFSRC, source));
        if (route.linkIndex() != 0) {
            out.u32(RouteProtocol.RTA_OIF, route.linkIndex());
        }
    }

    /** A unicast route; null for others (local, broadcast, unreachable), for cached ones and for other families. */
    static @Nullable Route read(Message message, IpFamily family) throws NetlinkException {
        if (message.u8(0) != family.addressFamily()
                || message.u8(7) != TYPE_UNICAST
                || (message.u32(8) & FLAG_CLONED) != 0) {
            return null;
        }
        IpAddress base = IpAddress.of(new byte[family.bits() / 8]);
        IpAddress gateway = null;
        IpAddress source = null;
        int link = 0;
        int table = message.u8(4);
        AttributeReader attributes = message.attributes(RouteProtocol.ROUTE_HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case RouteProtocol.RTA_DST -> base = attributes.address();
                case RouteProtocol.RTA_GATEWAY -> gateway = attributes.address();
                case RouteProtocol.RTA_PREFSRC -> source = attributes.address();
                case RouteProtocol.RTA_OIF -> link = attributes.s32();
                case RouteProtocol.RTA_TABLE -> table = attributes.s32();
                default -> {}
            }
        }
        attributes.check("read a route");
        return new Route(
                new Cidr(base, message.u8(1)), Optional.ofNullable(gateway), link, table, Optional.ofNullable(source));
    }
}
