package dev.sluice.linux.libc;

import java.nio.ByteBuffer;

/**
 * The C library's functions under their C names. A call answers as the system call below it does: zero or more on
 * success, the negative error number on failure; so an error belongs to its call and to no thread's or class's state.
 *
 * <p>Buffers are direct, and stand for the bytes between position and limit, which stay as they are. A call that blocks
 * holds its thread: use platform threads. Structures are laid out by the callers; those used here are the same on x86_64
 * and aarch64.
 */
public interface Libc {

    /** The C library of this process. Needs {@code --enable-native-access=ALL-UNNAMED}. */
    static Libc system() {
        return ForeignLibc.INSTANCE;
    }

    int socket(int domain, int type, int protocol);

    int bind(int fd, ByteBuffer address);

    int connect(int fd, ByteBuffer address);

    int listen(int fd, int backlog);

    /** Fills {@code address} with the peer's and answers with the new descriptor. */
    int accept4(int fd, ByteBuffer address, int flags);

    /** Fills {@code address} and answers the length of what it holds. */
    int getsockname(int fd, ByteBuffer address);

    /** The number of bytes that were sent. */
    int send(int fd, ByteBuffer data, int flags);

    /** The number of bytes that were received, or with {@link Linux#MSG_TRUNC} that the datagram had. */
    int recv(int fd, ByteBuffer into, int flags);

    int setsockopt(int fd, int level, int option, ByteBuffer value);

    /** Fills {@code value} and answers the length of what it holds. */
    int getsockopt(int fd, int level, int option, ByteBuffer value);

    /**
     * Puts a filter of classic BPF on a socket ({@code SO_ATTACH_FILTER}): the kernel throws away what the program
     * answers 0 for.
     *
     * @param program an array of {@code struct sock_filter}, 8 bytes each
     */
    int attachFilter(int fd, ByteBuffer program);

    /** {@code fds} is an array of {@code struct pollfd}; the time-out is in milliseconds, -1 for none. */
    int poll(ByteBuffer fds, int timeoutMillis);

    int eventfd(int initial, int flags);

    /** The number of bytes that were written. */
    int write(int fd, ByteBuffer data);

    int open(String path, int flags, int mode);

    int close(int fd);

    /** Leaves shared kernel objects; acts on the calling thread. */
    int unshare(int flags);

    /** Enters the namespace that {@code fd} refers to; acts on the calling thread. */
    int setns(int fd, int namespaceType);

    /** The kernel's number of the calling thread. */
    int gettid();

    /** Fills {@code limit} with a {@code struct rlimit}: soft and hard limit, 64 bits each. */
    int getrlimit(int resource, ByteBuffer limit);

    int setrlimit(int resource, ByteBuffer limit);
}
