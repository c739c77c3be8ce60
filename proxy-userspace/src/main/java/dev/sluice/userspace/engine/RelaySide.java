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
 * <p>Reading goes on only while the other side takes what is written to it. An end of stream is passed on as such, after
 * the bytes before it; the other direction goes on. When both directions have ended both connections are closed.
 */
final class RelaySide extends ChannelInboundHandlerAdapter {
    static final int LINGER_SECONDS = 2;
    /** What is read at once from a connection that carries much. */
    private static final int LARGE_PIECE = 16 << 10;

    private final TcpRelay relay;
    private final EpollSocketChannel channel;
    private final LongAdder bytes;
    private final long spliceAfter;
    /** What was read before there was another side, or while the two are on their way to a {@link SplicedRelay}: an end of stream makes the transport read regardless of autoRead. */
    private final Queue<ByteBuf> early = new ArrayDeque<>(0);

    private @Nullable LongAdder serviceBytes;
    private long moved;
    private @Nullable RelaySide peer;
    private boolean inputEnded;
    private boolean outputEnded;
    private boolean lingering;
    private boolean held;
    private @Nullable SplicedRelay spliced;
    /** Bytes of the read operation under way, and of all the large ones directly before it. */
    private long piece;

    private long run;

    /**
     * @param bytes counts what this side reads
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

    /** Has {@code service} count too what this side reads. */
    void countFor(LongAdder service) {
        serviceBytes = service;
    }

    /** How many bytes this side has passed on. */
    long moved() {
        return moved;
    }

    /** Starts to pass on what this side reads. */
    void join(RelaySide other) {
        early.forEach(data -> count(data.readableBytes()));
        peer = other;
        passOn(other);
    }

    /** Passes on what has come meanwhile, and what comes from now on. */
    private void passOn(RelaySide other) {
        boolean any = !early.isEmpty();
        while (!early.isEmpty()) {
            var _ = other.channel.write(early.remove(), other.channel.voidPromise());
        }
        if (any) {
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
            piece += data.readableBytes();
            write(other, data);
        }
    }

    private void write(RelaySide other, ByteBuf data) {
        count(data.readableBytes());
        var _ = other.channel.write(data, other.channel.voidPromise());
    }

    /** Notes that {@code size} bytes of this side were read. */
    void count(int size) {
        bytes.add(size);
        moved += size;
        if (serviceBytes != null) {
            serviceBytes.add(size);
        }
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
        RelaySide other = peer;
        if (other != null && !lingering && !held) {
            other.channel.flush();
            run = piece < Math.min(LARGE_PIECE, spliceAfter) ? 0 : run + piece;
            piece = 0;
            if (spliceAfter >= 0 && run > spliceAfter) {
                run = 0;
                relay.cameInBulk(this);
            }
        }
    }

    /** Whether both its streams go on, by way of buffers. */
    boolean isPlain() {
        return peer != null && !inputEnded && !outputEnded && !lingering && !held && channel.isOpen();
    }

    /** Stops passing on what comes; what the transport reads nevertheless is kept for {@link #takeEarly}. */
    void hold() {
        held = true;
        channel.config().setAutoRead(false);
    }

    /** Takes {@link #hold} back. */
    void goOn() {
        held = false;
        RelaySide other = peer;
        if (other != null && !lingering && channel.isOpen()) {
            passOn(other);
        }
    }

    Queue<ByteBuf> takeEarly() {
        return early;
    }

    boolean inputEnded() {
        return inputEnded;
    }

    /** From now on {@code relay} does everything. */
    void handOver(SplicedRelay relay) {
        spliced = relay;
    }

    /** The {@link SplicedRelay} has closed this side. */
    void closedBySplice() {
        relay.closed(this);
    }

    /** More or less of what was written to this side waits now: lets the other side read, or stops it. */
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

    /** Ends the stream to this side's peer once all that was written before has gone out. */
    private void endOutput() {
        // shutting down at once would throw away what still waits; the empty buffer is done when that has gone
        channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> {
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
            channel.shutdownOutput().addListener(done -> outputEnded = true);
        }
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
        dropEarly();
        relay.closed(this);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
        reset();
    }

    /**
     * The other side is closed: resets this one, unless the other side's stream had ended in order. Then its bytes are still to
     * be delivered, and since a reset would overtake them, what comes in meanwhile is read and thrown away.
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

    /** Closes with a reset, so that the far end sees an error and no regular end of stream. */
    void reset() {
        if (spliced != null) {
            spliced.abort();
            return;
        }
        if (channel.isOpen()) {
            boolean told = channel.isRegistered();
            channel.config().setSoLinger(0);
            var _ = channel.close();
            if (!told) {
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
