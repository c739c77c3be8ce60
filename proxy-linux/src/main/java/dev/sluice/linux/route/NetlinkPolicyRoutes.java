// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.NetlinkSocket;

/** {@link PolicyRoutes} over rtnetlink. */
public final class NetlinkPolicyRoutes implements PolicyRoutes {
    private static final int CREATE = Netlink.F_CREATE | Netlink.F_EXCL;

    private final NetlinkSocket socket;

    private NetlinkPolicyRoutes(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the policy routing of the calling thread's network namespace. */
    public static NetlinkPolicyRoutes open() throws NetlinkException {
        return new NetlinkPolicyRoutes(NetlinkSocket.open(Netlink.ROUTE, new RouteProtocol()));
    }

    @Override
    public boolean add(MarkedDelivery delivery) throws NetlinkException {
        // the route first: a rule without it would only be passed over
        boolean any = request(route("add", RouteProtocol.NEW_ROUTE, CREATE, delivery, loopback()), Errno.EEXIST);
        any |= request(rule("add", RouteProtocol.NEW_RULE, CREATE, delivery), Errno.EEXIST);
        return any;
    }

    @Override
    public boolean remove(MarkedDelivery delivery) throws NetlinkException {
        boolean any = request(rule("delete", RouteProtocol.DELETE_RULE, 0, delivery), Errno.ENOENT);
        any |= request(route("delete", RouteProtocol.DELETE_ROUTE, 0, delivery, loopback()), Errno.ESRCH);
        return any;
    }

    private int loopback() throws NetlinkException {
        return socket.query(LinkMessages.get("lo"), LinkMessages::read).values().stream()
                .findFirst()
                .orElseThrow(() -> new NetlinkException("look up link lo", Errno.ENODEV, ""))
                .index();
    }

    /** Whether the kernel has done it; {@code harmless} says that there was nothing to do. */
    private boolean request(NetlinkRequest request, int harmless) throws NetlinkException {
        try {
            socket.request(request);
            return true;
        } catch (NetlinkException e) {
            if (e.errno() == harmless) {
                return false;
            }
            throw e;
        }
    }

    private static NetlinkRequest rule(String verb, int type, int flags, MarkedDelivery delivery) {
        return new NetlinkRequest(
                verb + " routing rule " + delivery.priority(),
                type,
                flags,
                out -> header(out, delivery)
                        .u8(RouteProtocol.TO_TABLE)
                        .u32(0)
                        .u32(RouteProtocol.FRA_PRIORITY, delivery.priority())
                        .u32(RouteProtocol.FRA_FWMARK, delivery.mark())
                        .u32(RouteProtocol.FRA_FWMASK, delivery.mask())
                        .u32(RouteProtocol.FRA_TABLE, delivery.table()));
    }

    /** Family, lengths, type of service, table, and two bytes: of a rule they are reserved. */
    private static MessageWriter header(MessageWriter out, MarkedDelivery delivery) {
        return out.u8(delivery.family().addressFamily())
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(0)
                .u8(0);
    }

    private static NetlinkRequest route(String verb, int type, int flags, MarkedDelivery delivery, int link) {
        return new NetlinkRequest(
                verb + " local route of table " + delivery.table(),
                type,
                flags,
                out -> out.u8(delivery.family().addressFamily())
                        .u8(0)
                        .u8(0)
                        .u8(0)
                        .u8(0)
                        .u8(RouteProtocol.PROTOCOL_STATIC)
                        .u8(RouteProtocol.SCOPE_HOST)
                        .u8(RouteProtocol.TYPE_LOCAL)
                        .u32(0)
                        .u32(RouteProtocol.RTA_TABLE, delivery.table())
                        .u32(RouteProtocol.RTA_OIF, link));
    }

    @Override
    public void close() {
        socket.close();
    }
}
