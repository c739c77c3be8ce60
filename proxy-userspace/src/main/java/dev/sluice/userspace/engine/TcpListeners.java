// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.routing.RoutingTable;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.SocketProtocolFamily;
import io.netty.channel.unix.IntegerUnixChannelOption;
import io.netty.channel.unix.UnixChannelOption;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;

/** The listening TCP sockets of one family: one for each event loop, sharing a port by SO_REUSEPORT. */
final class TcpListeners {
    private static final int BACKLOG = 4096;
    /** linux/in6.h; keeps IPv4 clients, which the IPv6 rules do not see, off the IPv6 sockets. */
    private static final IntegerUnixChannelOption IPV6_V6ONLY =
            new IntegerUnixChannelOption("SLUICE_IPV6_V6ONLY", 41, 26);

    /** asm-generic/socket.h; accepted sockets inherit it, without a system call each. */
    private static final IntegerUnixChannelOption SO_KEEPALIVE =
            new IntegerUnixChannelOption("SLUICE_SO_KEEPALIVE", 1, 9);

    private final int port;
    private final List<Channel> channels;

    private TcpListeners(int port, List<Channel> channels) {
        this.port = port;
        this.channels = channels;
    }

    static TcpListeners open(List<LoopContext> contexts, RoutingTable table, OriginalDestinations destinations) {
        List<Channel> channels = new ArrayList<>();
        int port = 0;
        for (LoopContext context : contexts) {
            ChannelFuture bound = bootstrap(context, table, destinations)
                    .bind(new InetSocketAddress(table.family() == IpFamily.IPV4 ? "0.0.0.0" : "::", port))
                    .awaitUninterruptibly();
            if (!bound.isSuccess()) {
                new TcpListeners(port, channels).close();
                throw new EngineException(
                        "cannot listen for " + table.family() + " TCP connections: "
                                + bound.cause().getMessage(),
                        bound.cause());
            }
            channels.add(bound.channel());
            port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
        }
        return new TcpListeners(port, List.copyOf(channels));
    }

    private static ServerBootstrap bootstrap(
            LoopContext context, RoutingTable table, OriginalDestinations destinations) {
        EventLoop loop = context.loop;
        boolean v4 = table.family() == IpFamily.IPV4;
        ServerBootstrap bootstrap = new ServerBootstrap()
                .group(loop)
                .channelFactory(
                        () -> new EpollServerSocketChannel(v4 ? SocketProtocolFamily.INET : SocketProtocolFamily.INET6))
                .option(ChannelOption.SO_BACKLOG, BACKLOG)
                .option(ChannelOption.SO_REUSEADDR, true)
                .option(UnixChannelOption.SO_REUSEPORT, true)
                .option(SO_KEEPALIVE, 1)
                .childHandler(new Accepted(context, table, destinations));
        return v4 ? bootstrap : bootstrap.option(IPV6_V6ONLY, 1);
    }

    /** Makes the relay of a connection that was accepted. */
    @ChannelHandler.Sharable
    private static final class Accepted extends ChannelInitializer<EpollSocketChannel> {
        private final LoopContext context;
        private final RoutingTable table;
        private final OriginalDestinations destinations;

        Accepted(LoopContext context, RoutingTable table, OriginalDestinations destinations) {
            this.context = context;
            this.table = table;
            this.destinations = destinations;
        }

        @Override
        protected void initChannel(EpollSocketChannel accepted) {
            new TcpRelay(context, table, destinations, accepted);
        }

        @Override
        public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) throws Exception {
            SupervisedLoops.caught(cause);
            super.exceptionCaught(ctx, cause);
        }
    }

    int port() {
        return port;
    }

    int count() {
        return channels.size();
    }

    void close() {
        channels.forEach(channel -> channel.close().awaitUninterruptibly());
    }
}
