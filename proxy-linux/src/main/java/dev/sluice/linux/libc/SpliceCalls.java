// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * The calls that move bytes between descriptors inside the kernel (splice(2), pipe(7)), without blocking. They return
 * what those of {@link Libc} do, but allocate nothing: use an instance on one thread at a time.
 */
public final class SpliceCalls {
    private static final MethodHandle SPLICE =
            Downcall.ofLong("splice", JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
    private static final MethodHandle PIPE2 = Downcall.ofInt("pipe2", ADDRESS, JAVA_INT);
    private static final MethodHandle FCNTL = Downcall.ofFcntl();
    private static final MethodHandle RECV = Downcall.ofLong("recv", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);

    private final MemorySegment errno;
    private final MemorySegment ends;

    public SpliceCalls() {
        Arena arena = Arena.ofAuto();
        errno = Downcall.errno(arena);
        ends = arena.allocate(JAVA_INT, 2);
    }

    /** Moves up to {@code length} bytes; one of the two descriptors is a pipe. Returns 0 at the end of the stream. */
    public int splice(int from, int to, int length) {
        try {
            return Downcall.orErrno(
                    (long) SPLICE.invokeExact(
                            errno,
                            from,
                            MemorySegment.NULL,
                            to,
                            MemorySegment.NULL,
                            (long) length,
                            Linux.SPLICE_F_MOVE | Linux.SPLICE_F_NONBLOCK),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    /** Discards up to {@code length} bytes that a TCP socket has received (tcp(7), MSG_TRUNC). */
    public int discard(int socket, int length) {
        try {
            return Downcall.orErrno(
                    (long) RECV.invokeExact(
                            errno, socket, MemorySegment.NULL, (long) length, Linux.MSG_TRUNC | Linux.MSG_DONTWAIT),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    /** Opens a pipe. Returns the read end in the upper half and the write end in the lower half, or the error. */
    public long pipe() {
        try {
            int answer =
                    Downcall.orErrno((int) PIPE2.invokeExact(errno, ends, Linux.O_CLOEXEC | Linux.O_NONBLOCK), errno);
            return answer < 0 ? answer : (long) ends.getAtIndex(JAVA_INT, 0) << 32 | ends.getAtIndex(JAVA_INT, 1);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    /** Requests a capacity of {@code bytes} for a pipe; returns the capacity that it has then. */
    public int resize(int pipe, int bytes) {
        try {
            return Downcall.orErrno((int) FCNTL.invokeExact(errno, pipe, Linux.F_SETPIPE_SZ, bytes), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }
}
