// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.testkit.lab;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.Errno;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.io.IOException;
import java.net.ConnectException;
import java.net.NoRouteToHostException;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.Optional;

/**
 * A socket of a kind that the JDK lacks: SCTP or raw. It blocks the calling thread, and its errors are those that the
 * JDK's sockets throw for the same cause.
 */
public final class NativeSocket implements AutoCloseable {
    /** The protocol numbers. */
    public static final int ICMP = 1;

    public static final int TCP = 6;
    public static final int ICMPV6 = 58;
    public static final int SCTP = 132;

    private static final int EHOSTUNREACH = 113;
    private static final int ECONNRESET = 104;
    private static final int EPIPE = 32;
    private static final int EINPROGRESS = 115;
    private static final int ADDRESS_ROOM = 28;

    private final int fd;
    private final IpFamily family;

    private NativeSocket(int fd, IpFamily family) {
        this.fd = fd;
        this.family = family;
    }

    /** A one-to-one SCTP socket in {@code host}. */
    public static NativeSocket sctp(LabHost host, IpFamily family) throws IOException {
        return open(host, family, Linux.SOCK_STREAM, SCTP);
    }

    /** A raw socket in {@code host}; the kernel makes the IP header. */
    public static NativeSocket raw(LabHost host, IpFamily family, int protocol) throws IOException {
        return open(host, family, Linux.SOCK_RAW, protocol);
    }

    private static NativeSocket open(LabHost host, IpFamily family, int type, int protocol) throws IOException {
        int flags = Linux.SOCK_CLOEXEC | Linux.SOCK_NONBLOCK;
        int fd = host.call(() -> Libc.system().socket(family.addressFamily(), type | flags, protocol));
        check("socket", fd);
        NativeSocket socket = new NativeSocket(fd, family);
        ByteBuffer on =
                ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder()).putInt(0, 1);
        int level = family == IpFamily.IPV4 ? Linux.SOL_IP : Linux.SOL_IPV6;
        Libc.system().setsockopt(fd, level, family == IpFamily.IPV4 ? Linux.IP_RECVERR : Linux.IPV6_RECVERR, on);
        return socket;
    }

    /** Whether this kernel has SCTP sockets. */
    public static boolean kernelHasSctp() {
        int fd = Libc.system().socket(IpFamily.IPV4.addressFamily(), Linux.SOCK_STREAM | Linux.SOCK_CLOEXEC, SCTP);
        if (fd >= 0) {
            Libc.system().close(fd);
        }
        return fd >= 0;
    }

    public void bind(IpAddress address, int port) throws IOException {
        check("bind", Libc.system().bind(fd, socketAddress(address, port)));
    }

    public void listen() throws IOException {
        check("listen", Libc.system().listen(fd, 64));
    }

    public void connect(IpAddress address, int port, Duration patience) throws IOException {
        int answer = Libc.system().connect(fd, socketAddress(address, port));
        if (answer != -EINPROGRESS) {
            check("connect", answer);
            return;
        }
        await(Linux.POLLOUT, patience);
        ByteBuffer error = ByteBuffer.allocateDirect(4).order(ByteOrder.nativeOrder());
        check("connect", Libc.system().getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_ERROR, error));
        check("connect", -error.getInt(0));
    }

    /** The next connection; empty when there is none within {@code patience}. */
    Optional<Accepted> accept(Duration patience) throws IOException {
        try {
            await(Linux.POLLIN, patience);
        } catch (SocketTimeoutException e) {
            return Optional.empty();
        }
        ByteBuffer peer = ByteBuffer.allocateDirect(ADDRESS_ROOM);
        int accepted = Libc.system().accept4(fd, peer, Linux.SOCK_CLOEXEC | Linux.SOCK_NONBLOCK);
        check("accept", accepted);
        byte[] bytes = new byte[family == IpFamily.IPV4 ? 4 : 16];
        peer.get(family == IpFamily.IPV4 ? 4 : 8, bytes);
        int port = peer.order(ByteOrder.BIG_ENDIAN).getShort(2) & 0xffff;
        return Optional.of(new Accepted(new NativeSocket(accepted, family), IpAddress.of(bytes), port));
    }

    /** An accepted connection and its peer. */
    record Accepted(NativeSocket socket, IpAddress peer, int peerPort) {}

    public void send(byte[] data) throws IOException {
        check(
                "send",
                Libc.system()
                        .send(
                                fd,
                                ByteBuffer.allocateDirect(data.length).put(data).flip(),
                                0));
    }

    /** The next bytes; empty at the end of the stream. */
    public byte[] receive(Duration patience) throws IOException {
        await(Linux.POLLIN, patience);
        ByteBuffer room = ByteBuffer.allocateDirect(4096);
        int count = Libc.system().recv(fd, room, 0);
        check("recv", count);
        byte[] data = new byte[count];
        room.get(data);
        return data;
    }

    private void await(short events, Duration patience) throws IOException {
        ByteBuffer poll = ByteBuffer.allocateDirect(8).order(ByteOrder.nativeOrder());
        poll.putInt(0, fd).putShort(4, events);
        int answer = Libc.system().poll(poll, (int) patience.toMillis());
        check("poll", answer);
        if (answer == 0) {
            throw new SocketTimeoutException("nothing within " + patience);
        }
    }

    /** {@code struct sockaddr_in} or {@code sockaddr_in6}. */
    private static ByteBuffer socketAddress(IpAddress address, int port) {
        byte[] bytes = address.toInetAddress().getAddress();
        ByteBuffer buffer = ByteBuffer.allocateDirect(bytes.length == 4 ? 16 : ADDRESS_ROOM);
        buffer.order(ByteOrder.nativeOrder())
                .putShort(0, (short) address.family().addressFamily());
        buffer.order(ByteOrder.BIG_ENDIAN).putShort(2, (short) port);
        return buffer.put(bytes.length == 4 ? 4 : 8, bytes);
    }

    private static void check(String what, int answer) throws IOException {
        if (answer >= 0) {
            return;
        }
        String text = what + ": " + Errno.describe(-answer);
        throw switch (-answer) {
            case Errno.ECONNREFUSED -> new ConnectException(what + ": Connection refused");
            case Errno.ETIMEDOUT, Errno.EAGAIN -> new SocketTimeoutException(text);
            case Errno.ENETUNREACH, EHOSTUNREACH -> new NoRouteToHostException(text);
            case Errno.EPERM -> new IOException(what + ": Operation not permitted");
            case ECONNRESET, EPIPE -> new SocketException(what + ": Connection reset");
            default -> new IOException(text);
        };
    }

    @Override
    public void close() {
        Libc.system().close(fd);
    }
}
