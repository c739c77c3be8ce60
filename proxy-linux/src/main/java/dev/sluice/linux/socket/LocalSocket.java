// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static java.nio.charset.StandardCharsets.UTF_8;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * A socket over which two processes of the same user and network namespace exchange bytes or short texts: unix(7),
 * SOCK_SEQPACKET, in the abstract namespace, so without a file. Its calls block, up to their time-out.
 */
public final class LocalSocket implements AutoCloseable {
    /** The result of {@link #receive} at the end of the stream. */
    public static final int END = -1;

    /** The result of {@link #receive} when nothing arrived in time. */
    public static final int NOTHING = -2;

    private static final Libc LIBC = Libc.system();
    private static final int BACKLOG = 4;
    private static final int PATH = 108;
    private static final int LONGEST_TEXT = 1024;

    private final int fd;
    private boolean closed;

    private LocalSocket(int fd) {
        this.fd = fd;
    }

    /**
     * Listens at {@code name}.
     *
     * @throws NetlinkException EADDRINUSE when another process listens there
     */
    public static LocalSocket listen(String name) throws NetlinkException {
        LocalSocket socket = open(0);
        int answer = LIBC.bind(socket.fd, address(name));
        answer = answer < 0 ? answer : LIBC.listen(socket.fd, BACKLOG);
        if (answer < 0) {
            socket.close();
            throw new NetlinkException("listen at the local address " + name, -answer, "");
        }
        return socket;
    }

    /**
     * Connects to {@code name}; empty when no process of this user listens there.
     *
     * @throws NetlinkException EAGAIN when the process that listens there accepts nothing and its queue is full
     */
    public static Optional<LocalSocket> connect(String name) throws NetlinkException {
        // a blocking connect would wait without limit for a process that is stopped
        LocalSocket socket = open(Linux.SOCK_NONBLOCK);
        int answer = LIBC.connect(socket.fd, address(name));
        if (answer == 0 && socket.peerIsSameUser()) {
            return Optional.of(socket);
        }
        socket.close();
        if (answer < 0 && answer != -Errno.ECONNREFUSED) {
            throw new NetlinkException("connect to the local address " + name, -answer, "");
        }
        return Optional.empty();
    }

    private static LocalSocket open(int flags) throws NetlinkException {
        int fd = LIBC.socket(Linux.AF_UNIX, Linux.SOCK_SEQPACKET | Linux.SOCK_CLOEXEC | flags, 0);
        if (fd < 0) {
            throw new NetlinkException("open a local socket", -fd, "");
        }
        return new LocalSocket(fd);
    }

    /** {@code struct sockaddr_un} of linux/un.h; a zero before the name makes it an abstract one. */
    private static ByteBuffer address(String name) {
        byte[] path = name.getBytes(US_ASCII);
        if (path.length >= PATH) {
            throw new IllegalArgumentException("name too long: " + name);
        }
        return ByteBuffer.allocateDirect(3 + path.length)
                .order(ByteOrder.nativeOrder())
                .putShort((short) Linux.AF_UNIX)
                .put((byte) 0)
                .put(path)
                .flip();
    }

    /** Accepts the next connection; empty when there was none in time, or only one of another user, which is closed. */
    public Optional<LocalSocket> accept(Duration time) {
        if (!isReadable(time)) {
            return Optional.empty();
        }
        int peer = LIBC.accept4(fd, ByteBuffer.allocateDirect(PATH + 2), Linux.SOCK_CLOEXEC);
        if (peer < 0) {
            return Optional.empty();
        }
        LocalSocket accepted = new LocalSocket(peer);
        if (!accepted.peerIsSameUser()) {
            accepted.close();
            return Optional.empty();
        }
        return Optional.of(accepted);
    }

    private boolean peerIsSameUser() {
        // struct ucred: pid, uid, gid
        ByteBuffer credentials = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
        return LIBC.getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_PEERCRED, credentials) == 12
                && credentials.getInt(4) == user();
    }

    private static int user() {
        try {
            return (int) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** The id of the process that connected or listened at the other end; 0 when unknown. */
    public int peerProcess() {
        ByteBuffer credentials = ByteBuffer.allocateDirect(12).order(ByteOrder.nativeOrder());
        return LIBC.getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_PEERCRED, credentials) < 0 ? 0 : credentials.getInt(0);
    }

    /** Sends one byte; returns whether the other end is still open. */
    public boolean send(int value) {
        return LIBC.send(fd, ByteBuffer.allocateDirect(1).put((byte) value).flip(), Linux.MSG_NOSIGNAL) == 1;
    }

    /** Receives the next byte, {@link #END} or {@link #NOTHING}. */
    public int receive(Duration time) {
        if (!isReadable(time)) {
            return NOTHING;
        }
        ByteBuffer one = ByteBuffer.allocateDirect(1);
        return LIBC.recv(fd, one, 0) == 1 ? one.get(0) & 0xff : END;
    }

    /** Sends {@code text}, at most 1024 bytes of it in UTF-8; returns whether the other end is still open. */
    public boolean sendText(String text) {
        byte[] bytes = text.getBytes(UTF_8);
        int length = Math.min(bytes.length, LONGEST_TEXT);
        ByteBuffer data =
                ByteBuffer.allocateDirect(length).put(bytes, 0, length).flip();
        return LIBC.send(fd, data, Linux.MSG_NOSIGNAL) == length;
    }

    /** Receives the next text; empty when none arrived in time or at the end of the stream. */
    public Optional<String> receiveText(Duration time) {
        if (!isReadable(time)) {
            return Optional.empty();
        }
        ByteBuffer data = ByteBuffer.allocateDirect(LONGEST_TEXT);
        int length = LIBC.recv(fd, data, 0);
        if (length <= 0) {
            return Optional.empty();
        }
        byte[] bytes = new byte[length];
        data.get(0, bytes);
        return Optional.of(new String(bytes, UTF_8));
    }

    private boolean isReadable(Duration time) {
        ByteBuffer poll = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        poll.putInt(0, fd).putShort(4, Linux.POLLIN);
        return LIBC.poll(poll, (int) Math.min(time.toMillis(), Integer.MAX_VALUE)) > 0;
    }

    /** Ends a call that waits in another thread, and all calls to come. */
    public synchronized void end() {
        if (!closed) {
            LIBC.shutdown(fd);
        }
    }

    /** Closes the socket; no other call than {@link #end} may be running. */
    @Override
    public synchronized void close() {
        if (!closed) {
            closed = true;
            LIBC.close(fd);
        }
    }
}
