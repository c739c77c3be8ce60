// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.model.Portal;
import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.Protocol;
import dev.sluice.userspace.balance.Upstream;
import dev.sluice.userspace.routing.ConnectAttempts;
import dev.sluice.userspace.routing.PortBalancer;
import dev.sluice.userspace.routing.PortalRoute;
import dev.sluice.userspace.routing.ProxyProtocol;
import dev.sluice.userspace.routing.RefusalReason;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client connection and the connection to the endpoint that serves it, both on one event loop.
 *
 * <p>The client is accepted but not read from until an endpoint has accepted the connection. A connect that fails or
 * times out is repeated with another endpoint, see {@link ConnectAttempts}. When all attempts are used up the client is
 * reset, so that it sees an error and not an empty answer.
 */
final class TcpRelay {
    private static final Logger LOG = LoggerFactory.getLogger(TcpRelay.class);
    private static final byte[] NO_HEADER = {};

    private final LoopContext context;
    private final RoutingTable table;
    private final OriginalDestinations destinations;
    private final RelaySide client;
    private @Nullable RelaySide endpoint;
    /** Null until a service port admits the connection, and after the client's connection is closed. */
    private @Nullable ConnectAttempts attempts;
    /** Null without limits of the Service. */
    private @Nullable Lifetime lifetime;

    private byte[] header = NO_HEADER;

    TcpRelay(LoopContext context, RoutingTable table, OriginalDestinations destinations, EpollSocketChannel accepted) {
        this.context = context;
        this.table = table;
        this.destinations = destinations;
        this.client = new RelaySide(this, accepted, context.counters.toEndpoints, context.options.spliceAfter());
        context.configure(accepted.config());
        accepted.pipeline().addLast(client);
    }

    /** Called when a side is open. */
    void opened(RelaySide side) {
        if (side == client) {
            start();
        }
    }

    private void start() {
        context.opened(this);
        if (context.exceedsConnectionLimit()) {
            refuse("the limit of open connections is reached");
            return;
        }
        Portal.Address portal;
        InetSocketAddress peer = client.channel().remoteAddress();
        try {
            portal = destinations.of(client.channel(), table.family());
        } catch (ChannelException e) {
            refuse("its original destination is unknown: " + e.getMessage());
            return;
        }
        PortalRoute route = table.find(Protocol.TCP, portal.address(), portal.port());
        if (route == null || peer == null) {
            refuse("no Service has " + portal);
            return;
        }
        if (!route.balancer().admit()) {
            refuse(route.balancer().name() + " has reached its limit of connections");
            return;
        }
        long now = System.nanoTime();
        IpAddress address = IpAddress.of(peer.getAddress());
        ConnectAttempts begun = new ConnectAttempts(
                table,
                route,
                address,
                portal.address(),
                context.options.userspace().connectTimeouts(),
                now);
        attempts = begun;
        header = header(route.balancer().policy().proxyProtocol(), address, peer.getPort(), portal);
        connect(begun, now);
    }

    private static byte[] header(@Nullable ProxyProtocol protocol, IpAddress address, int port, Portal.Address portal) {
        return protocol == null ? NO_HEADER : protocol.header(address, port, portal.address(), portal.port());
    }

    private void connect(ConnectAttempts begun, long now) {
        PortBalancer balancer = begun.balancer();
        Upstream next = begun.next(now);
        if (next == null) {
            boolean none = begun.count() == 0;
            balancer.counters().refused(none ? RefusalReason.NO_ENDPOINT : RefusalReason.CONNECT_FAILED);
            refuse(balancer.name() + " has no endpoint that accepts it, after " + begun.count() + " attempts");
            return;
        }
        if (begun.count() > 1) {
            context.counters.retries.increment();
        }
        ChannelFuture connected;
        try {
            connected = open(next, begun.timeoutMillis());
        } catch (ChannelException e) {
            // out of descriptors or memory: another endpoint would not help
            balancer.counters().refused(RefusalReason.NO_SOCKET);
            refuse("no socket to " + next + ": " + e.getMessage());
            return;
        }
        SupervisedLoops.after(connected, this::abort, done -> {
            long then = System.nanoTime();
            if (done.isSuccess()) {
                context.counters.connectTimes.add(begun.succeeded(then));
                joined(balancer);
            } else if (client.isOpen()) {
                LOG.atDebug()
                        .addKeyValue("service", balancer.name())
                        .addKeyValue("endpoint", next)
                        .addKeyValue("attempt", begun.count())
                        .addKeyValue("cause", done.cause().getMessage())
                        .log("an endpoint refused a connection");
                begun.failed(then);
                connect(begun, then);
            }
        });
    }

    private ChannelFuture open(Upstream upstream, int timeoutMillis) {
        EpollSocketChannel channel = new EpollSocketChannel(
                table.family() == IpFamily.IPV4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6);
        context.configure(channel.config());
        channel.config().setKeepAlive(true);
        channel.config().setConnectTimeoutMillis(timeoutMillis);
        RelaySide side = new RelaySide(this, channel, context.counters.toClients, context.options.spliceAfter());
        endpoint = side;
        channel.pipeline().addLast(side);
        var _ = context.loop.register(channel);
        return channel.connect(upstream.socketAddress());
    }

    private void joined(PortBalancer balancer) {
        RelaySide other = endpoint;
        if (other == null || !client.isOpen()) {
            abort();
            return;
        }
        client.countFor(balancer.counters().bytesIn());
        other.countFor(balancer.counters().bytesOut());
        if (header.length > 0) {
            var _ = other.channel()
                    .write(Unpooled.wrappedBuffer(header), other.channel().voidPromise());
            other.channel().flush();
        }
        lifetime = Lifetime.begin(context.loop, balancer.policy(), () -> client.moved() + other.moved(), why -> {
            balancer.counters().expired(why);
            abort();
        });
        client.join(other);
        other.join(client);
    }

    /** Called when {@code side} sends a bulk transfer: splices the connections, if their state allows it. */
    void bulkFrom(RelaySide side) {
        RelaySide other = endpoint;
        if (other != null && client.isBuffered() && other.isBuffered()) {
            SpliceStart.begin(context, this, client, other, side);
        }
    }

    private void refuse(String why) {
        context.counters.refused.increment();
        LOG.atDebug()
                .addKeyValue("client", client.channel().remoteAddress())
                .addKeyValue("cause", why)
                .log("a connection is reset");
        abort();
    }

    /** Called when a side is closed, by whichever end. */
    void closed(RelaySide side) {
        RelaySide other = endpoint;
        if (side == client) {
            context.ended(this);
            end();
            if (other != null) {
                other.closeAfter(client);
            }
        } else if (side == other && side.wasJoined()) {
            client.closeAfter(side);
        }
    }

    private void end() {
        ConnectAttempts begun = attempts;
        if (begun != null) {
            begun.ended();
            begun.balancer().release();
            attempts = null;
        }
        if (lifetime != null) {
            lifetime.end();
        }
    }

    /** Resets both connections. */
    void abort() {
        client.reset();
        RelaySide other = endpoint;
        if (other != null) {
            other.reset();
        }
    }
}
