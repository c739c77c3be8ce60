package dev.sluice.linux.socket;

import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.SpliceCalls;

/** A pipe between two sockets. Both ends do not block. */
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

    /** Bytes that went in and did not come out yet. */
    public int held() {
        return held;
    }

    public boolean isEmpty() {
        return held == 0;
    }

    /** Whether as many bytes are in it as it has room for; pieces of a stream may fill it with fewer. */
    public boolean isFull() {
        return held == capacity;
    }

    /**
     * Moves what {@code socket} has received into the pipe, as far as there is room.
     *
     * @return the number of bytes, 0 at the end of the stream, a negative errno; EAGAIN where nothing has come or no more fits
     */
    public int fillFrom(int socket) {
        int moved = calls.splice(socket, writeEnd, capacity - held);
        held += Math.max(moved, 0);
        return moved;
    }

    /**
     * Moves what the pipe holds to {@code socket}, as far as that takes it.
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
