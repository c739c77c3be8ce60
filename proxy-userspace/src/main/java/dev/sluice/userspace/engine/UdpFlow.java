package dev.sluice.userspace.engine;

import dev.sluice.core.net.IpFamily;
import dev.sluice.userspace.balance.Target;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelException;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollDatagramChannel;
import io.netty.channel.socket.DatagramPacket;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** The datagrams between one client and one endpoint: a connected socket, whose own port tells the endpoint's replies apart. */
final class UdpFlow extends ChannelInboundHandlerAdapter {
    private final UdpSocket socket;
    private final Target target;
    private final InetSocketAddress client;
    private @Nullable EpollDatagramChannel channel;
    private boolean dirty;
    private boolean answered;
    private long lastUse = System.nanoTime();

    UdpFlow(UdpSocket socket, Target target, InetSocketAddress client) {
        this.socket = socket;
        this.target = target;
        this.client = client;
    }

    Target target() {
        return target;
    }

    InetSocketAddress client() {
        return client;
    }

    /** When a datagram last passed, of {@link System#nanoTime}. */
    long lastUse() {
        return lastUse;
    }

    /** Opens the socket to the endpoint; when that fails the flow has ended. */
    boolean connect(IpFamily family) {
        EpollDatagramChannel opened;
        try {
            opened = Datagrams.newChannel(family);
        } catch (ChannelException e) {
            socket.ended(this);
            return false;
        }
        channel = opened;
        opened.pipeline().addLast(this);
        var _ = socket.context().loop.register(opened);
        ChannelFuture connected = opened.connect(target.socketAddress());
        // connecting a datagram socket asks nobody: on its own loop it is done at once
        if (!connected.isSuccess()) {
            close();
            return false;
        }
        return true;
    }

    /** Hands a datagram over, to be sent at the next {@link #flush}; answers whether a flush is due. */
    boolean send(ByteBuf data) {
        lastUse = System.nanoTime();
        EpollDatagramChannel open = channel;
        if (open == null || !open.isWritable()) {
            socket.context().counters.dropped.increment();
            data.release();
            return false;
        }
        socket.sent(data.readableBytes());
        var _ = open.write(Datagrams.fit(open, data), open.voidPromise());
        boolean first = !dirty;
        dirty = true;
        return first;
    }

    void flush() {
        dirty = false;
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

    /** The endpoint has no such port, or is out of reach: the next datagram of the client opens another flow. */
    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
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
