// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The calls of stream sockets. They return what those of {@link Libc} do, but allocate nothing, and take addresses and
 * values of options from one buffer: use an instance on one thread at a time.
 */
public final class SocketCalls {
    /** sys/socket.h */
    private static final int SO_LINGER = 13;

    private static final int SHUT_WR = 1;
    /** struct linger: on, and no seconds. */
    private static final long RESET = 1;

    private static final MemorySegment SOCKET = Downcall.function("socket");
    private static final MemorySegment ACCEPT4 = Downcall.function("accept4");
    private static final MemorySegment BIND = Downcall.function("bind");
    private static final MemorySegment LISTEN = Downcall.function("listen");
    private static final MemorySegment CONNECT = Downcall.function("connect");
    private static final MemorySegment GETSOCKNAME = Downcall.function("getsockname");
    private static final MemorySegment GETSOCKOPT = Downcall.function("getsockopt");
    private static final MemorySegment SETSOCKOPT = Downcall.function("setsockopt");
    private static final MemorySegment SHUTDOWN = Downcall.function("shutdown");
    private static final MemorySegment CLOSE = Downcall.function("close");

    private final MemorySegment errno;
    private final MemorySegment length;
    private final MemorySegment value;
    private final ByteBuffer exchange;
    private final long pointer;

    /** @param capacity of {@link #exchange} in bytes */
    public SocketCalls(int capacity) {
        Arena arena = Arena.ofAuto();
        errno = Downcall.errno(arena);
        length = arena.allocate(JAVA_INT);
        value = arena.allocate(JAVA_LONG);
        MemorySegment bytes = arena.allocate(capacity, Long.BYTES);
        exchange = bytes.asByteBuffer();
        pointer = bytes.address();
    }

    /** The buffer of addresses, and of options that are not whole numbers. */
    public ByteBuffer exchange() {
        return exchange;
    }

    /** The address of {@link #exchange}. */
    public long pointer() {
        return pointer;
    }

    public int socket(int domain, int type) {
        return call(SOCKET, domain, type, 0, 0, 0);
    }

    /** Fills {@link #exchange} with the peer's address; returns the new descriptor. */
    public int accept4(int socket, int flags) {
        length.set(JAVA_INT, 0, exchange.capacity());
        return call(ACCEPT4, socket, pointer, length.address(), flags, 0);
    }

    /** Binds to the address of {@code size} bytes in {@link #exchange}. */
    public int bind(int socket, int size) {
        return call(BIND, socket, pointer, size, 0, 0);
    }

    public int listen(int socket, int backlog) {
        return call(LISTEN, socket, backlog, 0, 0, 0);
    }

    /** Connects to the address of {@code size} bytes in {@link #exchange}. */
    public int connect(int socket, int size) {
        return call(CONNECT, socket, pointer, size, 0, 0);
    }

    /** Fills {@link #exchange} with the socket's address. */
    public int getsockname(int socket) {
        length.set(JAVA_INT, 0, exchange.capacity());
        return call(GETSOCKNAME, socket, pointer, length.address(), 0, 0);
    }

    /** Fills {@link #exchange} with the value of at most {@code size} bytes. */
    public int getsockopt(int socket, int level, int option, int size) {
        length.set(JAVA_INT, 0, size);
        return call(GETSOCKOPT, socket, level, option, pointer, length.address());
    }

    public int setsockopt(int socket, int level, int option, int whole) {
        value.set(JAVA_INT, 0, whole);
        return call(SETSOCKOPT, socket, level, option, value.address(), Integer.BYTES);
    }

    /** Has the next {@link #close} reset the connection. */
    public int resetOnClose(int socket) {
        value.set(JAVA_LONG, 0, RESET);
        return call(SETSOCKOPT, socket, Linux.SOL_SOCKET, SO_LINGER, value.address(), Long.BYTES);
    }

    /** Ends the stream to the peer. */
    public int shutdownOutput(int socket) {
        return call(SHUTDOWN, socket, SHUT_WR, 0, 0, 0);
    }

    public int close(int descriptor) {
        return call(CLOSE, descriptor, 0, 0, 0, 0);
    }

    private int call(MemorySegment function, long a, long b, long c, long d, long e) {
        try {
            int result = (int) Downcall.call(function, errno, a, b, c, d, e); // the upper half is anything
            return Downcall.orErrno(result, errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }
}
