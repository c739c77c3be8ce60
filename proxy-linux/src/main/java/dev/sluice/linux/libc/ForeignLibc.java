// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.List;

/** {@link Libc} over {@code java.lang.foreign}. All functions are called through the one shape of {@link Downcall}. */
final class ForeignLibc implements Libc {
    static final ForeignLibc INSTANCE = new ForeignLibc();
    private static final int SOCK_FPROG = 16;

    private static final MemorySegment SOCKET = Downcall.function("socket");
    private static final MemorySegment BIND = Downcall.function("bind");
    private static final MemorySegment CONNECT = Downcall.function("connect");
    private static final int SHUT_RDWR = 2;

    private static final MemorySegment LISTEN = Downcall.function("listen");
    private static final MemorySegment SHUTDOWN = Downcall.function("shutdown");
    private static final MemorySegment ACCEPT4 = Downcall.function("accept4");
    private static final MemorySegment GETSOCKNAME = Downcall.function("getsockname");
    private static final MemorySegment SEND = Downcall.function("send");
    private static final MemorySegment RECV = Downcall.function("recv");
    private static final MemorySegment SETSOCKOPT = Downcall.function("setsockopt");
    private static final MemorySegment GETSOCKOPT = Downcall.function("getsockopt");
    private static final MemorySegment POLL = Downcall.function("poll");
    private static final MemorySegment EVENTFD = Downcall.function("eventfd");
    private static final MemorySegment WRITE = Downcall.function("write");
    private static final MemorySegment OPEN = Downcall.function("open");
    private static final MemorySegment CLOSE = Downcall.function("close");
    private static final MemorySegment EXECV = Downcall.function("execv");
    private static final MemorySegment CLOSE_RANGE = Downcall.function("close_range");
    private static final MemorySegment UNSHARE = Downcall.function("unshare");
    private static final MemorySegment SETNS = Downcall.function("setns");
    private static final MemorySegment GETTID = Downcall.function("gettid");
    private static final MemorySegment GETRLIMIT = Downcall.function("getrlimit");
    private static final MemorySegment SETRLIMIT = Downcall.function("setrlimit");
    private static final MemorySegment MADVISE = Downcall.function("madvise");

    private ForeignLibc() {}

    @Override
    public int socket(int domain, int type, int protocol) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(SOCKET, errno, domain, type, protocol));
    }

    @Override
    public int bind(int fd, ByteBuffer address) {
        return Downcall.invoke(
                (arena, errno) -> (int) Downcall.call(BIND, errno, fd, Downcall.pointer(address), address.remaining()));
    }

    @Override
    public int connect(int fd, ByteBuffer address) {
        return Downcall.invoke((arena, errno) ->
                (int) Downcall.call(CONNECT, errno, fd, Downcall.pointer(address), address.remaining()));
    }

    @Override
    public int listen(int fd, int backlog) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(LISTEN, errno, fd, backlog, 0));
    }

    @Override
    public int shutdown(int fd) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(SHUTDOWN, errno, fd, SHUT_RDWR, 0));
    }

    @Override
    public int accept4(int fd, ByteBuffer address, int flags) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment length = arena.allocateFrom(JAVA_INT, address.remaining());
            return (int) Downcall.call(ACCEPT4, errno, fd, Downcall.pointer(address), length.address(), flags, 0);
        });
    }

    @Override
    public int getsockname(int fd, ByteBuffer address) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment length = arena.allocateFrom(JAVA_INT, address.remaining());
            int result = (int) Downcall.call(GETSOCKNAME, errno, fd, Downcall.pointer(address), length.address());
            return result < 0 ? result : length.get(JAVA_INT, 0);
        });
    }

    @Override
    public int send(int fd, ByteBuffer data, int flags) {
        return Downcall.invoke(
                (arena, errno) -> Downcall.call(SEND, errno, fd, Downcall.pointer(data), data.remaining(), flags, 0));
    }

    @Override
    public int recv(int fd, ByteBuffer into, int flags) {
        return Downcall.invoke(
                (arena, errno) -> Downcall.call(RECV, errno, fd, Downcall.pointer(into), into.remaining(), flags, 0));
    }

    @Override
    public int setsockopt(int fd, int level, int option, ByteBuffer value) {
        return Downcall.invoke((arena, errno) ->
                (int) Downcall.call(SETSOCKOPT, errno, fd, level, option, Downcall.pointer(value), value.remaining()));
    }

    @Override
    public int getsockopt(int fd, int level, int option, ByteBuffer value) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment length = arena.allocateFrom(JAVA_INT, value.remaining());
            int result = (int)
                    Downcall.call(GETSOCKOPT, errno, fd, level, option, Downcall.pointer(value), length.address());
            return result < 0 ? result : length.get(JAVA_INT, 0);
        });
    }

    @Override
    public int attachFilter(int fd, ByteBuffer program) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment header = arena.allocate(SOCK_FPROG, 8); // unsigned short len; struct sock_filter *filter
            header.set(JAVA_SHORT, 0, (short) (program.remaining() / 8));
            header.set(ADDRESS, 8, MemorySegment.ofBuffer(program));
            return (int) Downcall.call(
                    SETSOCKOPT, errno, fd, Linux.SOL_SOCKET, Linux.SO_ATTACH_FILTER, header.address(), SOCK_FPROG);
        });
    }

    @Override
    public int poll(ByteBuffer fds, int timeoutMillis) {
        return Downcall.invoke((arena, errno) ->
                (int) Downcall.call(POLL, errno, Downcall.pointer(fds), fds.remaining() / 8, timeoutMillis));
    }

    @Override
    public int eventfd(int initial, int flags) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(EVENTFD, errno, initial, flags, 0));
    }

    @Override
    public int write(int fd, ByteBuffer data) {
        return Downcall.invoke(
                (arena, errno) -> Downcall.call(WRITE, errno, fd, Downcall.pointer(data), data.remaining()));
    }

    @Override
    public int open(String path, int flags, int mode) {
        return Downcall.invoke((arena, errno) ->
                (int) Downcall.call(OPEN, errno, arena.allocateFrom(path).address(), flags, mode));
    }

    @Override
    public int close(int fd) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(CLOSE, errno, fd, 0, 0));
    }

    @Override
    public int unshare(int flags) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(UNSHARE, errno, flags, 0, 0));
    }

    @Override
    public int setns(int fd, int namespaceType) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(SETNS, errno, fd, namespaceType, 0));
    }

    @Override
    public int gettid() {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(GETTID, errno, 0, 0, 0));
    }

    @Override
    public int getrlimit(int resource, ByteBuffer limit) {
        return Downcall.invoke(
                (arena, errno) -> (int) Downcall.call(GETRLIMIT, errno, resource, Downcall.pointer(limit), 0));
    }

    @Override
    public int setrlimit(int resource, ByteBuffer limit) {
        return Downcall.invoke(
                (arena, errno) -> (int) Downcall.call(SETRLIMIT, errno, resource, Downcall.pointer(limit), 0));
    }

    @Override
    public int execv(String path, List<byte[]> arguments) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment vector = arena.allocate(ADDRESS, arguments.size() + 1L); // zeroed: ends with NULL
            for (int i = 0; i < arguments.size(); i++) {
                byte[] argument = arguments.get(i);
                MemorySegment text = arena.allocate(argument.length + 1L);
                MemorySegment.copy(argument, 0, text, JAVA_BYTE, 0, argument.length);
                vector.setAtIndex(ADDRESS, i, text);
            }
            return (int) Downcall.call(EXECV, errno, arena.allocateFrom(path).address(), vector.address(), 0);
        });
    }

    @Override
    public int close_range(int first, int last, int flags) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(CLOSE_RANGE, errno, first, last, flags));
    }

    @Override
    public int madvise(long address, long length, int advice) {
        return Downcall.invoke((arena, errno) -> (int) Downcall.call(MADVISE, errno, address, length, advice));
    }
}
