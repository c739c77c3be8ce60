package dev.sluice.linux.socket;

import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.libc.SpliceCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Pipes that wait to be used again, and what one thread needs to move bytes through them. Used by one thread at a time. */
public final class PipePool implements AutoCloseable {
    /** What a pipe has room for unless told otherwise, with pages of 4 KiB. */
    private static final int DEFAULT_CAPACITY = 64 << 10;

    private final SpliceCalls calls = new SpliceCalls();
    private final Deque<Pipe> idle = new ArrayDeque<>();
    private final ByteBuffer error = ByteBuffer.allocateDirect(Integer.BYTES).order(ByteOrder.nativeOrder());
    private final int capacity;
    private final int most;

    /**
     * @param capacity the room of each pipe in bytes; the kernel may grant less (pipe(7), pipe-max-size)
     * @param most how many are kept open when nobody uses them
     */
    public PipePool(int capacity, int most) {
        this.capacity = capacity;
        this.most = most;
    }

    /** An empty pipe; null when the process or the system has no descriptors left. */
    public @Nullable Pipe take() {
        Pipe kept = idle.poll();
        return kept == null ? open() : kept;
    }

    private @Nullable Pipe open() {
        long ends = calls.pipe();
        if (ends < 0) {
            return null;
        }
        int writeEnd = (int) ends;
        int granted = calls.resize(writeEnd, capacity);
        return new Pipe(calls, (int) (ends >> 32), writeEnd, granted < 0 ? DEFAULT_CAPACITY : granted);
    }

    /** Takes a pipe back; with bytes in it, it is of no more use. */
    public void give(Pipe pipe) {
        if (pipe.isEmpty() && idle.size() < most) {
            idle.push(pipe);
        } else {
            pipe.close();
        }
    }

    /** Throws away up to {@code length} bytes that a TCP socket has received; answers as {@link Pipe#fillFrom} does. */
    public int discard(int socket, int length) {
        return calls.discard(socket, length);
    }

    /**
     * Sends what was read from one socket before its stream went through a pipe, as far as {@code socket} takes it; does not wait.
     *
     * @return the number of bytes, or a negative errno
     */
    public int send(int socket, ByteBuffer data) {
        return Libc.system().send(socket, data, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
    }

    /** What has gone wrong with {@code socket}: an errno, 0 for nothing; EPIPE where its peer's stream had ended in order before. */
    public int takeError(int socket) {
        int answer = Libc.system().getsockopt(socket, Linux.SOL_SOCKET, Linux.SO_ERROR, error);
        return answer < 0 ? -answer : error.getInt(0);
    }

    /** How many are kept open. */
    public int idle() {
        return idle.size();
    }

    @Override
    public void close() {
        idle.forEach(Pipe::close);
        idle.clear();
    }
}
