// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import static dev.sluice.linux.netlink.Netlink.F_CREATE;
import static dev.sluice.linux.netlink.Netlink.F_EXCL;
import static dev.sluice.linux.netlink.Netlink.NLA_F_NESTED;

import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.AttributeReader;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.route.Links.Link;

/** Messages about links. */
final class LinkMessages {
    private LinkMessages() {}

    static NetlinkRequest list() {
        return new NetlinkRequest("list links", RouteProtocol.GET_LINK, 0, out -> header(out, 0, 0, 0));
    }

    static NetlinkRequest get(String name) {
        return new NetlinkRequest(
                "look up link " + name,
                RouteProtocol.GET_LINK,
                0,
                out -> header(out, 0, 0, 0).string(RouteProtocol.IFLA_IFNAME, name));
    }

    /** A new link of a kind that needs no parameters. */
    static NetlinkRequest create(String name, String kind) {
        return new NetlinkRequest(
                "create " + kind + " link " + name,
                RouteProtocol.NEW_LINK,
                F_CREATE | F_EXCL,
                out -> header(out, 0, 0, 0)
                        .string(RouteProtocol.IFLA_IFNAME, name)
                        .nested(
                                RouteProtocol.IFLA_LINKINFO | NLA_F_NESTED,
                                info -> info.string(RouteProtocol.IFLA_INFO_KIND, kind)));
    }

    static NetlinkRequest delete(String name) {
        return new NetlinkRequest(
                "delete link " + name,
                RouteProtocol.DELETE_LINK,
                0,
                out -> header(out, 0, 0, 0).string(RouteProtocol.IFLA_IFNAME, name));
    }

    static NetlinkRequest setUp(Link link) {
        return new NetlinkRequest(
                "set link " + link.name() + " up",
                RouteProtocol.NEW_LINK,
                0,
                out -> header(out, link.index(), RouteProtocol.IFF_UP, RouteProtocol.IFF_UP));
    }

    private static MessageWriter header(MessageWriter out, int index, int flags, int changed) {
        return out.u8(0).u8(0).u16(0).u32(index).u32(flags).u32(changed);
    }

    static Link read(Message message) throws NetlinkException {
        String name = "";
        String kind = "";
        AttributeReader attributes = message.attributes(RouteProtocol.LINK_HEADER);
        while (attributes.next()) {
            switch (attributes.type()) {
                case RouteProtocol.IFLA_IFNAME -> name = attributes.string();
                case RouteProtocol.IFLA_LINKINFO -> kind = kind(attributes.nested());
                default -> {}
            }
        }
        attributes.check("read a link");
        int flags = message.u32(RouteProtocol.LINK_FLAGS);
        return new Link(
                message.u32(RouteProtocol.LINK_INDEX),
                name,
                kind,
                (flags & RouteProtocol.IFF_UP) != 0,
                (flags & RouteProtocol.IFF_LOOPBACK) != 0);
    }

    private static String kind(AttributeReader info) {
        while (info.next()) {
            if (info.type() == RouteProtocol.IFLA_INFO_KIND) {
                return info.string();
            }
        }
        return "";
    }
}
