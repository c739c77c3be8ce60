// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The calls that move several datagrams at a time, between sockets and one block of memory. They return what those of
 * {@link Libc} do, but allocate nothing: use an instance on one thread at a time.
 */
public final class DatagramCalls {
    /** The bytes of a {@code struct mmsghdr}. */
    public static final int HEADER = 64;

    private static final MemorySegment MALLOC = Downcall.function("malloc");
    private static final MemorySegment FREE = Downcall.function("free");
    private static final MemorySegment RECVMMSG = Downcall.function("recvmmsg");
    private static final MemorySegment SENDMMSG = Downcall.function("sendmmsg");
    private static final MemorySegment SEND = Downcall.function("send");

    private final MemorySegment errno = Downcall.errno(Arena.ofAuto());
    private final ByteBuffer memory;
    private final long pointer;

    /** @param capacity of the memory in bytes; pages that are never used take none */
    public DatagramCalls(int capacity) {
        // an arena would write to all of it
        long address = call(MALLOC, capacity, 0, 0, 0, 0);
        if (address == 0) {
            throw new OutOfMemoryError(capacity + " bytes for datagrams");
        }
        MemorySegment bytes =
                MemorySegment.ofAddress(address).reinterpret(capacity, Arena.ofAuto(), DatagramCalls::free);
        memory = bytes.asByteBuffer().order(ByteOrder.nativeOrder());
        pointer = address;
    }

    private static void free(MemorySegment bytes) {
        Downcall.invoke((_, errno) -> Downcall.call(FREE, errno, bytes.address(), 0, 0));
    }

    /** The memory, in the machine's byte order. */
    public ByteBuffer memory() {
        return memory;
    }

    /** The address of the byte at {@code offset}, for the pointers of a header. */
    public long pointer(int offset) {
        return pointer + offset;
    }

    /** Receives into what the {@code count} headers from {@code offset} on name; returns how many datagrams. */
    public int recvmmsg(int socket, int offset, int count) {
        return orErrno(call(RECVMMSG, socket, pointer + offset, count, Linux.MSG_DONTWAIT, 0));
    }

    /** Sends what the {@code count} headers from {@code offset} on name; returns how many datagrams. */
    public int sendmmsg(int socket, int offset, int count) {
        return orErrno(call(SENDMMSG, socket, pointer + offset, count, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL, 0));
    }

    /** Sends one datagram, of the {@code size} bytes at {@code offset}, to the peer of a connected socket. */
    public int send(int socket, int offset, int size) {
        return orErrno(call(SEND, socket, pointer + offset, size, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL, 0));
    }

    /** All results fit into an {@code int}; of those that are one, the upper half is anything. */
    private int orErrno(long result) {
        int whole = (int) result;
        return Downcall.orErrno(whole, errno);
    }

    private long call(MemorySegment function, long a, long b, long c, long d, long e) {
        try {
            return Downcall.call(function, errno, a, b, c, d, e);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }
}
