// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * The C library's functions under their C names. A call returns what its system call does: zero or more on success, the
 * negative error number on failure. So an error belongs to its call, and there is no errno to read afterwards.
 *
 * <p>Buffers are direct; a call uses the bytes between position and limit, and changes neither. A call that blocks
 * holds its thread: use platform threads. Callers lay out structures; those used here are the same on x86_64 and
 * aarch64.
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

    /** Ends the stream in both directions, or the listening; calls that wait return. */
    int shutdown(int fd);

    /** Fills {@code address} with that of the peer; returns the new descriptor. */
    int accept4(int fd, ByteBuffer address, int flags);

    /** Fills {@code address}; returns its length. */
    int getsockname(int fd, ByteBuffer address);

    /** Returns the number of bytes sent. */
    int send(int fd, ByteBuffer data, int flags);

    /** Returns the number of bytes received, or with {@link Linux#MSG_TRUNC} the length of the datagram. */
    int recv(int fd, ByteBuffer into, int flags);

    int setsockopt(int fd, int level, int option, ByteBuffer value);

    /** Fills {@code value}; returns its length. */
    int getsockopt(int fd, int level, int option, ByteBuffer value);

    /**
     * Attaches a classic BPF filter to a socket ({@code SO_ATTACH_FILTER}): the kernel drops what the program returns 0
     * for.
     *
     * @param program an array of {@code struct sock_filter}, 8 bytes each
     */
    int attachFilter(int fd, ByteBuffer program);

    /** Waits for an array of {@code struct pollfd}; a time-out of -1 means none. */
    int poll(ByteBuffer fds, int timeoutMillis);

    int eventfd(int initial, int flags);

    /** Returns the number of bytes written. */
    int write(int fd, ByteBuffer data);

    int open(String path, int flags, int mode);

    int close(int fd);

    /** Moves the calling thread into new namespaces. */
    int unshare(int flags);

    /** Moves the calling thread into the namespace that {@code fd} refers to. */
    int setns(int fd, int namespaceType);

    /** Returns the kernel's id of the calling thread. */
    int gettid();

    /** Fills {@code limit} with a {@code struct rlimit}: soft and hard limit, 64 bits each. */
    int getrlimit(int resource, ByteBuffer limit);

    int setrlimit(int resource, ByteBuffer limit);

    /**
     * Replaces the program of this process, which keeps its id and its environment; returns only when that failed.
     *
     * @param arguments the first is the program's name
     */
    int execv(String path, List<byte[]> arguments);

    /** Has the descriptors from {@code first} to {@code last} closed, or with a flag handled as it says. */
    int close_range(int first, int last, int flags);

    /** Tells the kernel what becomes of a range of this process's memory; both ends are at a page's. */
    int madvise(long address, long length, int advice);
}
