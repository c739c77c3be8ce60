// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.SpliceCalls;

/** A pipe between two sockets, whose calls do not block. */
public final class Pipe {
    private final SpliceCalls calls;
    private final int readEnd;
    private final int writeEnd;
    private final int capacity;
    private int held;

    Pipe(SpliceCalls calls, int readEnd, int writeEnd, int capacity) {
        this.calls = calls;
        this.readEnd = readEnd;
        this.writeEnd = writeEnd;
        this.capacity = capacity;
    }

    /** The number of bytes in the pipe. */
    public int held() {
        return held;
    }

    public boolean isEmpty() {
        return held == 0;
    }

    /** Whether it holds as many bytes as its capacity; small segments may fill it with fewer. */
    public boolean isFull() {
        return held == capacity;
    }

    /**
     * Moves received bytes from {@code socket} into the pipe, as far as there is room.
     *
     * @return the number of bytes, 0 at the end of the stream, or a negative errno; EAGAIN when there is nothing or no
     *     room
     */
    public int fillFrom(int socket) {
        int moved = calls.splice(socket, writeEnd, capacity - held);
        held += Math.max(moved, 0);
        return moved;
    }

    /**
     * Moves bytes from the pipe to {@code socket}, as many as that accepts.
     *
     * @return the number of bytes, or a negative errno
     */
    public int drainTo(int socket) {
        int moved = calls.splice(readEnd, socket, held);
        held -= Math.max(moved, 0);
        return moved;
    }

    void close() {
        Libc.system().close(readEnd);
        Libc.system().close(writeEnd);
    }
}
