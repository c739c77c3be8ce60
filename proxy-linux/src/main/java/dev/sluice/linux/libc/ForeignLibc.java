package dev.sluice.linux.libc;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.nio.ByteBuffer;

/**
 * {@link Libc} through {@code java.lang.foreign}. Handles are static and final, so that the JIT compiler sees through
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

    private static final class Threads {
        static final MethodHandle UNSHARE = Downcall.ofInt("unshare", JAVA_INT);
        static final MethodHandle SETNS = Downcall.ofInt("setns", JAVA_INT, JAVA_INT);
        static final MethodHandle GETTID = Downcall.ofInt("gettid");
        static final MethodHandle GETRLIMIT = Downcall.ofInt("getrlimit", JAVA_INT, ADDRESS);
        static final MethodHandle SETRLIMIT = Downcall.ofInt("setrlimit", JAVA_INT, ADDRESS);
    }

    @Override
    public int socket(int domain, int type, int protocol) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Sockets.SOCKET.invokeExact(errno, domain, type, protocol), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int bind(int fd, ByteBuffer address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (int) Sockets.BIND.invokeExact(errno, fd, MemorySegment.ofBuffer(address), address.remaining()),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int connect(int fd, ByteBuffer address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (int) Sockets.CONNECT.invokeExact(errno, fd, MemorySegment.ofBuffer(address), address.remaining()),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int listen(int fd, int backlog) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Sockets.LISTEN.invokeExact(errno, fd, backlog), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int accept4(int fd, ByteBuffer address, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            MemorySegment length = arena.allocateFrom(JAVA_INT, address.remaining());
            return Downcall.orErrno(
                    (int) Sockets.ACCEPT4.invokeExact(errno, fd, MemorySegment.ofBuffer(address), length, flags),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int getsockname(int fd, ByteBuffer address) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            MemorySegment length = arena.allocateFrom(JAVA_INT, address.remaining());
            int result = Downcall.orErrno(
                    (int) Sockets.GETSOCKNAME.invokeExact(errno, fd, MemorySegment.ofBuffer(address), length), errno);
            return result < 0 ? result : length.get(JAVA_INT, 0);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int send(int fd, ByteBuffer data, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (long) Sockets.SEND.invokeExact(
                            errno, fd, MemorySegment.ofBuffer(data), (long) data.remaining(), flags),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int recv(int fd, ByteBuffer into, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (long) Sockets.RECV.invokeExact(
                            errno, fd, MemorySegment.ofBuffer(into), (long) into.remaining(), flags),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int setsockopt(int fd, int level, int option, ByteBuffer value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (int) Sockets.SETSOCKOPT.invokeExact(
                            errno, fd, level, option, MemorySegment.ofBuffer(value), value.remaining()),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int getsockopt(int fd, int level, int option, ByteBuffer value) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            MemorySegment length = arena.allocateFrom(JAVA_INT, value.remaining());
            int result = Downcall.orErrno(
                    (int) Sockets.GETSOCKOPT.invokeExact(
                            errno, fd, level, option, MemorySegment.ofBuffer(value), length),
                    errno);
            return result < 0 ? result : length.get(JAVA_INT, 0);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int attachFilter(int fd, ByteBuffer program) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            MemorySegment header = arena.allocate(SOCK_FPROG, 8); // unsigned short len; struct sock_filter *filter
            header.set(JAVA_SHORT, 0, (short) (program.remaining() / 8));
            header.set(ADDRESS, 8, MemorySegment.ofBuffer(program));
            return Downcall.orErrno(
                    (int) Sockets.SETSOCKOPT.invokeExact(
                            errno, fd, Linux.SOL_SOCKET, Linux.SO_ATTACH_FILTER, header, SOCK_FPROG),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int poll(ByteBuffer fds, int timeoutMillis) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (int) Files.POLL.invokeExact(
                            errno, MemorySegment.ofBuffer(fds), fds.remaining() / 8L, timeoutMillis),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int eventfd(int initial, int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Files.EVENTFD.invokeExact(errno, initial, flags), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int write(int fd, ByteBuffer data) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (long) Files.WRITE.invokeExact(errno, fd, MemorySegment.ofBuffer(data), (long) data.remaining()),
                    errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int open(String path, int flags, int mode) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Files.OPEN.invokeExact(errno, arena.allocateFrom(path), flags, mode), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int close(int fd) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Files.CLOSE.invokeExact(errno, fd), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int unshare(int flags) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Threads.UNSHARE.invokeExact(errno, flags), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int setns(int fd, int namespaceType) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Threads.SETNS.invokeExact(errno, fd, namespaceType), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int gettid() {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno((int) Threads.GETTID.invokeExact(errno), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int getrlimit(int resource, ByteBuffer limit) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (int) Threads.GETRLIMIT.invokeExact(errno, resource, MemorySegment.ofBuffer(limit)), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }

    @Override
    public int setrlimit(int resource, ByteBuffer limit) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment errno = Downcall.errno(arena);
            return Downcall.orErrno(
                    (int) Threads.SETRLIMIT.invokeExact(errno, resource, MemorySegment.ofBuffer(limit)), errno);
        } catch (Throwable thrown) {
            throw Downcall.rethrown(thrown);
        }
    }
}
