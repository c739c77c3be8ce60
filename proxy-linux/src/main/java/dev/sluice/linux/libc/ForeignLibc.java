// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * {@link Libc} over {@code java.lang.foreign}. Handles are static and final, so that the JIT compiler sees through
 * them; they stand in groups, so that a program links only the groups that it uses.
 */
final class ForeignLibc implements Libc {
    static final ForeignLibc INSTANCE = new ForeignLibc();
    private static final int SOCK_FPROG = 16;

    private ForeignLibc() {}

    private static final class Sockets {
        static final MethodHandle SOCKET = Downcall.ofInt("socket", JAVA_INT, JAVA_INT, JAVA_INT);
        static final MethodHandle BIND = Downcall.ofInt("bind", JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle CONNECT = Downcall.ofInt("connect", JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle LISTEN = Downcall.ofInt("listen", JAVA_INT, JAVA_INT);
        static final MethodHandle ACCEPT4 = Downcall.ofInt("accept4", JAVA_INT, ADDRESS, ADDRESS, JAVA_INT);
        static final MethodHandle GETSOCKNAME = Downcall.ofInt("getsockname", JAVA_INT, ADDRESS, ADDRESS);
        static final MethodHandle SEND = Downcall.ofLong("send", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
        static final MethodHandle RECV = Downcall.ofLong("recv", JAVA_INT, ADDRESS, JAVA_LONG, JAVA_INT);
        static final MethodHandle SETSOCKOPT =
                Downcall.ofInt("setsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT);
        static final MethodHandle GETSOCKOPT =
                Downcall.ofInt("getsockopt", JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS, ADDRESS);
    }

    private static final class Files {
        static final MethodHandle POLL = Downcall.ofInt("poll", ADDRESS, JAVA_LONG, JAVA_INT);
        static final MethodHandle EVENTFD = Downcall.ofInt("eventfd", JAVA_INT, JAVA_INT);
        static final MethodHandle WRITE = Downcall.ofLong("write", JAVA_INT, ADDRESS, JAVA_LONG);
        static final MethodHandle OPEN = Downcall.ofOpen();
        static final MethodHandle CLOSE = Downcall.ofInt("close", JAVA_INT);
    }

    private static final class Programs {
        static final MethodHandle EXECV = Downcall.ofInt("execv", ADDRESS, ADDRESS);
        static final MethodHandle CLOSE_RANGE = Downcall.ofInt("close_range", JAVA_INT, JAVA_INT, JAVA_INT);
    }

    private static final class Threads {
        static final MethodHandle UNSHARE = Downcall.ofInt("unshare", JAVA_INT);
        static final MethodHandle SETNS = Downcall.ofInt("setns", JAVA_INT, JAVA_INT);
        static final MethodHandle GETTID = Downcall.ofInt("gettid");
        static final MethodHandle GETRLIMIT = Downcall.ofInt("getrlimit", JAVA_INT, ADDRESS);
        static final MethodHandle SETRLIMIT = Downcall.ofInt("setrlimit", JAVA_INT, ADDRESS);
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        return Downcall.invoke((arena, errno) -> (int) Sockets.SOCKET.invokeExact(errno, domain, type, protocol));
    }

    @Override
    public int bind(int fd, ByteBuffer address) {
        return Downcall.invoke((arena, errno) ->
                (int) Sockets.BIND.invokeExact(errno, fd, MemorySegment.ofBuffer(address), address.remaining()));
    }

    @Override
    public int connect(int fd, ByteBuffer address) {
        return Downcall.invoke((arena, errno) ->
                (int) Sockets.CONNECT.invokeExact(errno, fd, MemorySegment.ofBuffer(address), address.remaining()));
    }

    @Override
    public int listen(int fd, int backlog) {
        return Downcall.invoke((arena, errno) -> (int) Sockets.LISTEN.invokeExact(errno, fd, backlog));
    }

    @Override
    public int accept4(int fd, ByteBuffer address, int flags) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment length = arena.allocateFrom(JAVA_INT, address.remaining());
            return (int) Sockets.ACCEPT4.invokeExact(errno, fd, MemorySegment.ofBuffer(address), length, flags);
        });
    }

    @Override
    public int getsockname(int fd, ByteBuffer address) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment length = arena.allocateFrom(JAVA_INT, address.remaining());
            int result = (int) Sockets.GETSOCKNAME.invokeExact(errno, fd, MemorySegment.ofBuffer(address), length);
            return result < 0 ? result : length.get(JAVA_INT, 0);
        });
    }

    @Override
    public int send(int fd, ByteBuffer data, int flags) {
        return Downcall.invoke((arena, errno) -> (long)
                Sockets.SEND.invokeExact(errno, fd, MemorySegment.ofBuffer(data), (long) data.remaining(), flags));
    }

    @Override
    public int recv(int fd, ByteBuffer into, int flags) {
        return Downcall.invoke((arena, errno) -> (long)
                Sockets.RECV.invokeExact(errno, fd, MemorySegment.ofBuffer(into), (long) into.remaining(), flags));
    }

    @Override
    public int setsockopt(int fd, int level, int option, ByteBuffer value) {
        return Downcall.invoke((arena, errno) -> (int) Sockets.SETSOCKOPT.invokeExact(
                errno, fd, level, option, MemorySegment.ofBuffer(value), value.remaining()));
    }

    @Override
    public int getsockopt(int fd, int level, int option, ByteBuffer value) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment length = arena.allocateFrom(JAVA_INT, value.remaining());
            int result = (int)
                    Sockets.GETSOCKOPT.invokeExact(errno, fd, level, option, MemorySegment.ofBuffer(value), length);
            return result < 0 ? result : length.get(JAVA_INT, 0);
        });
    }

    @Override
    public int attachFilter(int fd, ByteBuffer program) {
        return Downcall.invoke((arena, errno) -> {
            MemorySegment header = arena.allocate(SOCK_FPROG, 8); // unsigned short len; struct sock_filter *filter
            header.set(JAVA_SHORT, 0, (short) (program.remaining() / 8));
            header.set(ADDRESS, 8, MemorySegment.ofBuffer(program));
            return (int) Sockets.SETSOCKOPT.invokeExact(
                    errno, fd, Linux.SOL_SOCKET, Linux.SO_ATTACH_FILTER, header, SOCK_FPROG);
        });
    }

    @Override
    public int poll(ByteBuffer fds, int timeoutMillis) {
        return Downcall.invoke((arena, errno) ->
                (int) Files.POLL.invokeExact(errno, MemorySegment.ofBuffer(fds), fds.remaining() / 8L, timeoutMillis));
    }

    @Override
    public int eventfd(int initial, int flags) {
        return Downcall.invoke((arena, errno) -> (int) Files.EVENTFD.invokeExact(errno, initial, flags));
    }

    @Override
    public int write(int fd, ByteBuffer data) {
        return Downcall.invoke((arena, errno) ->
                (long) Files.WRITE.invokeExact(errno, fd, MemorySegment.ofBuffer(data), (long) data.remaining()));
    }

    @Override
    public int open(String path, int flags, int mode) {
        return Downcall.invoke(
                (arena, errno) -> (int) Files.OPEN.invokeExact(errno, arena.allocateFrom(path), flags, mode));
    }

    @Override
    public int close(int fd) {
        return Downcall.invoke((arena, errno) -> (int) Files.CLOSE.invokeExact(errno, fd));
    }

    @Override
    public int unshare(int flags) {
        return Downcall.invoke((arena, errno) -> (int) Threads.UNSHARE.invokeExact(errno, flags));
    }

    @Override
    public int setns(int fd, int namespaceType) {
        return Downcall.invoke((arena, errno) -> (int) Threads.SETNS.invokeExact(errno, fd, namespaceType));
    }

    @Override
    public int gettid() {
        return Downcall.invoke((arena, errno) -> (int) Threads.GETTID.invokeExact(errno));
    }

    @Override
    public int getrlimit(int resource, ByteBuffer limit) {
        return Downcall.invoke(
                (arena, errno) -> (int) Threads.GETRLIMIT.invokeExact(errno, resource, MemorySegment.ofBuffer(limit)));
    }

    @Override
    public int setrlimit(int resource, ByteBuffer limit) {
        return Downcall.invoke(
                (arena, errno) -> (int) Threads.SETRLIMIT.invokeExact(errno, resource, MemorySegment.ofBuffer(limit)));
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
            return (int) Programs.EXECV.invokeExact(errno, arena.allocateFrom(path), vector);
        });
    }

    @Override
    public int close_range(int first, int last, int flags) {
        return Downcall.invoke((arena, errno) -> (int) Programs.CLOSE_RANGE.invokeExact(errno, first, last, flags));
    }
}
