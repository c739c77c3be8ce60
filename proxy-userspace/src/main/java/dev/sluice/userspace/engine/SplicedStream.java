// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.userspace.engine;

import dev.sluice.linux.Errno;
import dev.sluice.linux.socket.Pipe;
import dev.sluice.linux.socket.PipePool;
import io.netty.buffer.ByteBuf;
import java.util.ArrayDeque;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a {@link SplicedRelay}: from a socket into a pipe, and from there into the other socket, so that no
 * byte enters this process. A full pipe is the back-pressure. An idle stream holds no pipe.
 */
final class SplicedStream {
    /** After this many moves other connections have their turn. */
    private static final int MOVES = 8;

    private static final int DISCARD = 1 << 20;

    private final PipePool pipes;
    private final SplicedRelay relay;
    private final SplicedSide from;
    private final SplicedSide to;
    /** What was read before, and is sent first. */
    private final Queue<ByteBuf> early;

    private @Nullable Pipe pipe;
    private boolean ended;
    private boolean done;
    private boolean discarding;

    SplicedStream(PipePool pipes, SplicedRelay relay, SplicedSide from, SplicedSide to) {
        this.pipes = pipes;
        this.relay = relay;
        this.from = from;
        this.to = to;
        early = new ArrayDeque<>(from.side().early());
        from.side().early().clear();
        ended = from.side().inputEnded();
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

    /** Moves what can be moved now; returns whether it stopped only to give others their turn. */
    boolean move() {
        for (int i = 0; i < MOVES; i++) {
            boolean moved = discarding ? discarded() : sentEarly() && movedOn();
            if (!moved || done || relay.isClosed()) {
                rest();
                return false;
            }
        }
        return true;
    }

    private void rest() {
        Pipe idle = pipe;
        if (idle != null && idle.isEmpty()) {
            pipe = null;
            pipes.give(idle);
        }
    }

    private boolean sentEarly() {
        while (!early.isEmpty()) {
            ByteBuf data = early.element();
            int sent = pipes.send(to.descriptor(), data.nioBuffer());
            if (sent < 0) {
                if (sent == -Errno.EAGAIN) {
                    to.writable = false;
                } else {
                    relay.failed(to);
                }
                return false;
            }
            data.skipBytes(sent);
            if (!data.isReadable()) {
                early.remove().release();
            }
        }
        return true;
    }

    private boolean movedOn() {
        boolean filled = fill();
        boolean drained = !relay.isClosed() && drain();
        return filled || drained;
    }

    private boolean fill() {
        if (ended || !from.readable || pipe != null && pipe.isFull()) {
            return false;
        }
        Pipe through = pipe == null ? pipes.take() : pipe;
        if (through == null) {
            relay.tryLater(); // no descriptors left; what the kernel has received waits there
            return false;
        }
        pipe = through;
        int moved = through.fillFrom(from.descriptor());
        if (moved > 0) {
            from.side().count(moved);
            return true;
        }
        if (moved == 0) {
            ended = true;
            return true;
        }
        if (moved != -Errno.EAGAIN) {
            relay.failed(from);
        } else if (through.isEmpty()) {
            from.readable = false; // else the pipe may be what is full
        }
        return false;
    }

    private boolean drain() {
        Pipe through = pipe;
        boolean moved = false;
        if (through != null && !through.isEmpty() && to.writable) {
            int taken = through.drainTo(to.descriptor());
            moved = taken > 0;
            if (taken == -Errno.EAGAIN) {
                to.writable = false;
            } else if (taken < 0) {
                relay.failed(to);
                return false;
            }
        }
        if (ended && !done && (through == null || through.isEmpty())) {
            done = true;
            to.endOutput();
        }
        return moved;
    }

    private boolean discarded() {
        if (ended || !from.readable) {
            return false;
        }
        int count = pipes.discard(from.descriptor(), DISCARD);
        if (count == -Errno.EAGAIN) {
            from.readable = false;
        } else if (count < 0) {
            relay.failed(from);
        }
        ended |= count == 0;
        return count > 0;
    }

    void release() {
        Pipe left = pipe;
        if (left != null) {
            pipe = null;
            pipes.give(left);
        }
        while (!early.isEmpty()) {
            early.remove().release();
        }
    }
}
