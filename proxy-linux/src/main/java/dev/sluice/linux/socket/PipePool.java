// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.linux.libc.SpliceCalls;
import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** A pool of pipes, for use by one thread at a time. */
public final class PipePool implements AutoCloseable {
    /** The default capacity of a pipe with pages of 4 KiB. */
    private static final int DEFAULT_CAPACITY = 64 << 10;

    private final SpliceCalls calls = new SpliceCalls();
    private final Deque<Pipe> idle = new ArrayDeque<>();
    private final int capacity;
    private final int most;

    /**
     * @param capacity of each pipe in bytes; the kernel may grant less (pipe(7), pipe-max-size)
     * @param most the largest number of idle pipes
     */
    public PipePool(int capacity, int most) {
        this.capacity = capacity;
        this.most = most;
    }

    /** Takes an empty pipe; null when the process or the system has no descriptors left. */
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

    /** Returns a pipe to the pool; one with bytes in it is closed. */
    public void give(Pipe pipe) {
        if (pipe.isEmpty() && idle.size() < most) {
            idle.push(pipe);
        } else {
            pipe.close();
        }
    }

    /** Discards up to {@code length} bytes that a TCP socket has received; returns what {@link Pipe#fillFrom} does. */
    public int discard(int socket, int length) {
        return calls.discard(socket, length);
    }

    /** The number of idle pipes. */
    public int idle() {
        return idle.size();
    }

    @Override
    public void close() {
        idle.forEach(Pipe::close);
        idle.clear();
    }
}
