// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.balance.Upstream;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/**
 * The datagrams between one client and one endpoint, by a connected socket whose port identifies the endpoint's
 * replies.
 */
final class UdpFlow extends ChannelInboundHandlerAdapter {
    private final UdpSocket socket;
    private final Upstream upstream;
    private final InetSocketAddress client;
    private @Nullable EpollDatagramChannel channel;
    private boolean queued;
    private boolean answered;
    private long lastUse = System.nanoTime();

    UdpFlow(UdpSocket socket, Upstream upstream, InetSocketAddress client) {
        this.socket = socket;
        this.upstream = upstream;
        this.client = client;
    }

    Upstream upstream() {
        return upstream;
    }

    InetSocketAddress client() {
        return client;
    }

    /** When a datagram last passed, of {@link System#nanoTime}. */
    long lastUse() {
        return lastUse;
    }

    /** Opens the socket to the endpoint; if that fails the flow has ended. */
    boolean connect(IpFamily family) {
        EpollDatagramChannel opened;
        try {
            opened = DatagramChannels.newChannel(family);
        } catch (ChannelException e) {
            socket.ended(this);
            return false;
        }
        channel = opened;
        opened.pipeline().addLast(this);
        var _ = socket.context().loop.register(opened);
        ChannelFuture connected = opened.connect(upstream.socketAddress());
        // connecting a datagram socket sends nothing: on its own loop it completes at once
        if (!connected.isSuccess()) {
            close();
            return false;
        }
        return true;
    }

    /** Queues a datagram for the next {@link #flush}; returns whether it is the first one since the last flush. */
    boolean send(ByteBuf data) {
        lastUse = System.nanoTime();
        EpollDatagramChannel open = channel;
        if (open == null || !open.isWritable()) {
            socket.context().counters.dropped.increment();
            data.release();
            return false;
        }
        socket.sent(data.readableBytes());
        var _ = open.write(DatagramChannels.fit(open, data), open.voidPromise());
        boolean first = !queued;
        queued = true;
        return first;
    }

    void flush() {
        queued = false;
        if (channel != null) {
            channel.flush();
        }
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        lastUse = System.nanoTime();
        if (!answered) {
            answered = true;
            socket.answered(this);
        }
        socket.reply(((DatagramPacket) message).content(), client);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        socket.flush();
    }

    /** The endpoint refuses the port or is unreachable: the client's next datagram opens another flow. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        SupervisedLoops.caught(cause);
        socket.refused(this);
        close();
    }

    void close() {
        socket.ended(this);
        if (channel != null) {
            var _ = channel.close();
        }
    }
}
