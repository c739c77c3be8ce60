// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.Pipe;
import dev.sluice.linux.socket.StreamSockets;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a {@link TcpRelay}. Bytes are copied through the loop's buffer; what the other socket does not
 * accept at once waits in one of its own, and nothing more is read until then. A bulk transfer is spliced from some
 * point on: from the socket into a pipe and from there into the other one, so that no byte enters this process; a full
 * pipe is the back-pressure then. An idle stream holds neither.
 */
final class RelayStream {
    /** After this many moves other connections have their turn. */
    private static final int MOVES = 8;
    /** A read of at least this many bytes is a sign of a bulk transfer. */
    private static final int LARGE_READ = 16 << 10;

    private static final int DISCARD = 1 << 20;

    private final LoopContext context;
    private final RelayedSockets relay;
    private final RelaySocket from;
    private final RelaySocket to;
    private final LongAdder bytes;
    private final LongAdder portBytes;

    private long moved;
    /** Bytes of the large reads directly before. */
    private long largeReads;

    private @Nullable ByteBuf waiting;
    private @Nullable Pipe pipe;
    private boolean spliced;
    private boolean ended;
    private boolean done;
    private boolean discarding;

    /** @param bytes counts what is read, like {@code portBytes} for the service port */
    RelayStream(
            LoopContext context,
            RelayedSockets relay,
            RelaySocket from,
            RelaySocket to,
            LongAdder bytes,
            LongAdder portBytes) {
        this.context = context;
        this.relay = relay;
        this.from = from;
        this.to = to;
        this.bytes = bytes;
        this.portBytes = portBytes;
    }

    RelaySocket to() {
        return to;
    }

    /** The bytes that were read. */
    long moved() {
        return moved;
    }

    /** Whether the end of the stream was read. */
    boolean hasEnded() {
        return ended;
    }

    /** Whether the end of the stream was passed on. */
    boolean isDone() {
        return done;
    }

    /** Discards what arrives from now on. */
    void discard() {
        discarding = true;
        release();
    }

    /** Sends {@code first} before anything of the stream. */
    void begin(byte[] first) {
        context.sockets.received().put(0, first);
        passOn(first.length);
    }

    /** Moves what can be moved now; returns whether it stopped only to give others their turn. */
    boolean move() {
        for (int i = 0; i < MOVES; i++) {
            boolean more = discarding ? discarded() : sentWaiting() && (isSplicing() ? splicedOn() : copiedOn());
            if (!more || done || relay.isClosed()) {
                rest();
                return false;
            }
        }
        return true;
    }

    private void rest() {
        if (pipe != null && pipe.isEmpty()) {
            context.pipes.give(pipe);
            pipe = null;
        }
    }

    private boolean sentWaiting() {
        ByteBuf data = waiting;
        if (data == null) {
            return true;
        }
        if (!to.writable) {
            return false;
        }
        to.beforeSend();
        int accepted = accepted(context.sockets.send(to.number(), data.nioBuffer()));
        if (accepted < 0) {
            return false;
        }
        if (data.skipBytes(accepted).isReadable()) {
            to.writable = false;
            return false;
        }
        waiting = null;
        data.release();
        return true;
    }

    private boolean copiedOn() {
        if (ended) {
            finish();
            return false;
        }
        if (!from.readable || !to.writable) {
            return false;
        }
        int count = from.receive();
        if (count <= 0) {
            return notRead(count);
        }
        count(count);
        if (count < StreamSockets.CAPACITY && !from.isUrgent()) {
            from.readable = false; // that was all: another read would return EAGAIN, or the end that is known already
            ended = from.isFinished();
        }
        boolean all = passOn(count);
        if (!ended) {
            spliceAfter(count);
        } else if (all) {
            finish();
        }
        return all;
    }

    private boolean notRead(int result) {
        if (result == 0) {
            ended = true;
            finish();
        } else if (result == -Errno.EAGAIN) {
            from.readable = false;
        } else {
            relay.failed(from);
        }
        return false;
    }

    /** Sends the first bytes of the loop's buffer; returns whether the socket accepted all of them. */
    private boolean passOn(int count) {
        to.beforeSend();
        int accepted = accepted(to.send(count));
        if (accepted < 0 || accepted == count) {
            return accepted == count;
        }
        to.writable = false;
        ByteBuffer rest = context.sockets.received().limit(count).position(accepted);
        waiting = PooledByteBufAllocator.DEFAULT.directBuffer(count - accepted).writeBytes(rest);
        rest.clear();
        return false;
    }

    /** How many bytes {@code result}, that of a send, says were accepted; negative after a failure. */
    private int accepted(int result) {
        if (result < 0 && result != -Errno.EAGAIN) {
            relay.failed(to);
            return result;
        }
        return Math.max(result, 0);
    }

    private void spliceAfter(int count) {
        long after = context.options.spliceAfter();
        largeReads = count < Math.min(LARGE_READ, after) ? 0 : largeReads + count;
        if (after >= 0 && largeReads > after && !relay.isClosed()) {
            spliced = true;
            relay.splicing();
        }
    }

    private void count(int size) {
        bytes.add(size);
        portBytes.add(size);
        moved += size;
    }

    /** At urgent data splice returns 0, as at the end of the stream; what follows is copied, once the pipe is empty. */
    private boolean isSplicing() {
        return spliced && (!from.isUrgent() || pipe != null && !pipe.isEmpty());
    }

    private boolean splicedOn() {
        boolean filled = fill();
        return !relay.isClosed() && drain() || filled;
    }

    private boolean fill() {
        if (ended || !from.readable || from.isUrgent() || pipe != null && pipe.isFull()) {
            return false;
        }
        Pipe through = pipe == null ? context.pipes.take() : pipe;
        if (through == null) {
            relay.tryLater(); // no descriptors left; what the kernel has received waits there
            return false;
        }
        pipe = through;
        int count = through.fillFrom(from.number());
        if (count > 0) {
            count(count);
            return true;
        }
        if (count == 0) {
            ended = true;
            return true;
        }
        if (count != -Errno.EAGAIN) {
            relay.failed(from);
        } else if (through.isEmpty()) {
            from.readable = false; // else the pipe may be what is full
        }
        return false;
    }

    private boolean drain() {
        Pipe through = pipe;
        boolean some = false;
        if (through != null && !through.isEmpty() && to.writable) {
            to.beforeSend();
            int taken = through.drainTo(to.number());
            some = taken > 0;
            if (taken == -Errno.EAGAIN) {
                to.writable = false;
            } else if (taken < 0) {
                relay.failed(to);
                return false;
            }
        }
        if (ended && (through == null || through.isEmpty())) {
            finish();
        }
        return some;
    }

    private void finish() {
        if (!done) {
            done = true;
            relay.passedOn(this);
        }
    }

    private boolean discarded() {
        if (ended || !from.readable) {
            return false;
        }
        int count = context.pipes.discard(from.number(), DISCARD);
        if (count == -Errno.EAGAIN) {
            from.readable = false;
        } else if (count < 0) {
            relay.failed(from);
        }
        ended |= count == 0;
        return count > 0;
    }

    void release() {
        if (pipe != null) {
            context.pipes.give(pipe);
            pipe = null;
        }
        if (waiting != null) {
            waiting.release();
            waiting = null;
        }
    }
}
