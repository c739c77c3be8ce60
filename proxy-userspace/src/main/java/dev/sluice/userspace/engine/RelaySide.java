// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One of the two connections of a relay: what it reads is written to the other one.
 *
 * <p>It reads only while the other side keeps up. An end of stream is passed on as such, after the bytes before it,
 * while the other direction continues. When both directions have ended, both connections are closed.
 */
final class RelaySide extends ChannelInboundHandlerAdapter {
    static final int LINGER_SECONDS = 2;
    /** A read operation of at least this many bytes is a sign of a bulk transfer. */
    private static final int LARGE_READ = 16 << 10;

    private final TcpRelay relay;
    private final EpollSocketChannel channel;
    private final LongAdder bytes;
    private final long spliceAfter;
    /**
     * What was read before the join, or on the way to a {@link SplicedRelay}: an end of stream makes the transport read
     * regardless of autoRead.
     */
    private final Queue<ByteBuf> early = new ArrayDeque<>(0);

    private @Nullable LongAdder portBytes;
    private long moved;
    private @Nullable RelaySide peer;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean lingering;
    private boolean held;
    private @Nullable SplicedRelay spliced;
    /** Bytes of the read operation under way. */
    private long readBytes;
    /** Bytes of the large read operations directly before it. */
    private long largeReads;

    /**
     * @param bytes the counter of what this side reads
     * @param spliceAfter as in {@link EngineOptions}
     */
    RelaySide(TcpRelay relay, EpollSocketChannel channel, LongAdder bytes, long spliceAfter) {
        this.spliceAfter = spliceAfter;
        this.relay = relay;
        this.channel = channel;
        this.bytes = bytes;
    }

    EpollSocketChannel channel() {
        return channel;
    }

    boolean isOpen() {
        return channel.isOpen();
    }

    boolean wasJoined() {
        return peer != null;
    }

    /** Adds a second counter, that of the service port. */
    void countFor(LongAdder portBytes) {
        this.portBytes = portBytes;
    }

    /** The bytes that this side has passed on. */
    long moved() {
        return moved;
    }

    /** Starts to pass on what this side reads. */
    void join(RelaySide other) {
        early.forEach(data -> count(data.readableBytes()));
        peer = other;
        passOn(other);
    }

    /** Passes on what was read meanwhile, and resumes reading. */
    private void passOn(RelaySide other) {
        boolean wrote = !early.isEmpty();
        while (!early.isEmpty()) {
            var _ = other.channel.write(early.remove(), other.channel.voidPromise());
        }
        if (wrote) {
            other.channel.flush();
        }
        if (inputEnded) {
            other.endOutput();
        }
        channel.config().setAutoRead(other.channel.isWritable());
    }

    @Override
    public void channelActive(ChannelHandlerContext ctx) {
        relay.opened(this);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
        ByteBuf data = (ByteBuf) message;
        RelaySide other = peer;
        if (lingering) {
            data.release();
        } else if (other == null) {
            early.add(data);
        } else if (held) {
            count(data.readableBytes());
            early.add(data);
        } else {
            readBytes += data.readableBytes();
            write(other, data);
        }
    }

    private void write(RelaySide other, ByteBuf data) {
        count(data.readableBytes());
        var _ = other.channel.write(data, other.channel.voidPromise());
    }

    /** Counts {@code size} bytes read from this side. */
    void count(int size) {
        bytes.add(size);
        moved += size;
        if (portBytes != null) {
            portBytes.add(size);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        RelaySide other = peer;
        if (other != null && !lingering && !held) {
            other.channel.flush();
            largeReads = readBytes < Math.min(LARGE_READ, spliceAfter) ? 0 : largeReads + readBytes;
            readBytes = 0;
            if (spliceAfter >= 0 && largeReads > spliceAfter) {
                largeReads = 0;
                relay.bulkFrom(this);
            }
        }
    }

    /** Whether both its streams continue, with buffers. */
    boolean isBuffered() {
        return peer != null && !inputEnded && !outputEnded && !lingering && !held && channel.isOpen();
    }

    /** Stops passing on; what the transport reads nevertheless is kept in {@link #early}. */
    void hold() {
        held = true;
        channel.config().setAutoRead(false);
    }

    /** Ends {@link #hold}. */
    void resume() {
        held = false;
        RelaySide other = peer;
        if (other != null && !lingering && channel.isOpen()) {
            passOn(other);
        }
    }

    Queue<ByteBuf> early() {
        return early;
    }

    boolean inputEnded() {
        return inputEnded;
    }

    /** Hands this side over to {@code relay}. */
    void handOver(SplicedRelay relay) {
        spliced = relay;
    }

    /** Notes that the {@link SplicedRelay} has closed this side. */
    void closedBySplice() {
        relay.closed(this);
    }

    /** Lets the other side read, or stops it, as what waits for this side falls below or exceeds a mark. */
    @Override
    public void channelWritabilityChanged(ChannelHandlerContext ctx) {
        RelaySide other = peer;
        if (other != null && !other.lingering && !other.held) {
            other.channel.config().setAutoRead(channel.isWritable());
        }
    }

    @Override
    public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
        if (event == ChannelInputShutdownEvent.INSTANCE && !inputEnded) {
            inputEnded = true;
            RelaySide other = peer;
            if (lingering) {
                reset();
            } else if (other != null && !held) {
                other.endOutput();
            }
        }
    }

    /** Ends the stream to this side's peer once everything written before has been sent. */
    private void endOutput() {
        // shutting down at once would lose what still waits; the empty buffer completes after that
        SupervisedLoops.after(channel.writeAndFlush(Unpooled.EMPTY_BUFFER), this::reset, flushed -> {
            if (flushed.isSuccess()) {
                channel.eventLoop().execute(this::shutdownOutput);
            }
        });
    }

    private void shutdownOutput() {
        RelaySide other = peer;
        if (other != null && other.outputEnded) {
            var _ = channel.close(); // its own stream has ended, so this ends the other one in order too
            var _ = other.channel.close();
        } else {
            SupervisedLoops.after(channel.shutdownOutput(), this::reset, done -> outputEnded = true);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        dropEarly();
        relay.closed(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        SupervisedLoops.caught(cause);
        reset();
    }

    /**
     * Closes this side after {@code other}: by a reset, unless the other side's stream had ended in order. Then its
     * bytes are still to be delivered, and since a reset would overtake them, what this side reads meanwhile is
     * discarded.
     */
    void closeAfter(RelaySide other) {
        if (!other.inputEnded) {
            reset();
        } else if (channel.isOpen() && !lingering) {
            lingering = true;
            channel.config().setAutoRead(true);
            var _ = channel.eventLoop().schedule(this::reset, LINGER_SECONDS, TimeUnit.SECONDS);
        }
    }

    /** Closes with a reset, so that the peer sees an error and not a regular end of stream. */
    void reset() {
        if (spliced != null) {
            spliced.abort();
            return;
        }
        if (channel.isOpen()) {
            boolean registered = channel.isRegistered();
            channel.config().setSoLinger(0);
            var _ = channel.close();
            if (!registered) {
                relay.closed(this);
            }
        }
        dropEarly();
    }

    private void dropEarly() {
        while (!early.isEmpty()) {
            early.remove().release();
        }
    }
}
