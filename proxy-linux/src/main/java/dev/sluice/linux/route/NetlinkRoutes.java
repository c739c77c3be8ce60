package dev.sluice.linux.route;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkSocket;
import java.util.List;

/** The unicast routes of a network namespace, over rtnetlink. */
public final class NetlinkRoutes implements AutoCloseable {
    private final NetlinkSocket socket;

    private NetlinkRoutes(NetlinkSocket socket) {
        this.socket = socket;
    }

    /** Opens the routes of the calling thread's network namespace. */
    public static NetlinkRoutes open() throws NetlinkException {
        return new NetlinkRoutes(NetlinkSocket.open(Netlink.ROUTE, new RouteProtocol()));
    }

    /** The routes of all tables. A route with several next hops is listed without a gateway. */
    public List<Route> list(IpFamily family) throws NetlinkException {
        return socket.dump(RouteMessages.list(family), message -> RouteMessages.read(message, family));
    }

    /** EEXIST when it is there; ENETUNREACH when no link leads to the gateway. */
    public void add(Route route) throws NetlinkException {
        socket.request(RouteMessages.add(route));
    }

    /** ESRCH when it is not there. */
    public void delete(Route route) throws NetlinkException {
        socket.request(RouteMessages.delete(route));
    }

    @Override
    public void close() {
        socket.close();
    }
}
