// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.core.net.IpAddress;
import dev.sluice.core.net.IpFamily;
import dev.sluice.core.net.SocketAddress;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.libc.SocketCalls;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;

/**
 * TCP sockets that do not block, for use by one thread at a time; addresses, the mark and the close are the same for
 * UDP sockets. Calls that return an {@code int} return a negative error number when they fail.
 */
public final class StreamSockets {
    /** The bytes that one call receives at most. */
    public static final int CAPACITY = 64 << 10;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SIZE_4 = 16;
    private static final int SIZE_6 = 28;
    private static final int TYPE = Linux.SOCK_STREAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC;

    /** asm-generic/socket.h */
    private static final int SO_REUSEADDR = 2;

    private static final int SO_KEEPALIVE = 9;
    private static final int SO_REUSEPORT = 15;
    private static final int SO_MARK = 36;
    /** linux/in.h and linux/in6.h */
    private static final int IP_TRANSPARENT = 19;

    private static final int IP_BIND_ADDRESS_NO_PORT = 24;
    private static final int IPV6_V6ONLY = 26;
    private static final int IPV6_TRANSPARENT = 75;
    /** linux/netfilter_ipv4.h and linux/netfilter_ipv6/ip6_tables.h: the same number in both. */
    private static final int ORIGINAL_DESTINATION = 80;
    /** linux/tcp.h */
    private static final int SOL_TCP = 6;

    private static final int TCP_NODELAY = 1;

    private final SocketCalls calls = new SocketCalls(CAPACITY);
    private final ByteBuffer exchange = calls.exchange().order(ByteOrder.BIG_ENDIAN);

    /**
     * Opens a listening socket on all addresses of one family, which shares its port with others (SO_REUSEPORT). What
     * it accepts inherits TCP_NODELAY and SO_KEEPALIVE.
     *
     * @param port 0 for one that the kernel chooses
     */
    public int listen(IpFamily family, int port, int backlog) {
        int socket = open(family);
        if (socket < 0) {
            return socket;
        }
        calls.setsockopt(socket, Linux.SOL_SOCKET, SO_REUSEADDR, 1);
        calls.setsockopt(socket, Linux.SOL_SOCKET, SO_REUSEPORT, 1);
        calls.setsockopt(socket, Linux.SOL_SOCKET, SO_KEEPALIVE, 1);
        calls.setsockopt(socket, SOL_TCP, TCP_NODELAY, 1);
        if (family == IpFamily.IPV6) {
            calls.setsockopt(socket, Linux.SOL_IPV6, IPV6_V6ONLY, 1);
        }
        int failed = calls.bind(socket, put(family, 0, 0, port));
        if (failed == 0) {
            failed = calls.listen(socket, backlog);
        }
        return failed == 0 ? socket : closed(socket, failed);
    }

    /** The port that a socket is bound to. */
    public int port(int socket) {
        int failed = calls.getsockname(socket);
        return failed < 0 ? failed : exchange.getShort(2) & 0xffff;
    }

    /** Accepts a connection, whose client is {@link #peer} until the next call. */
    public int accept(int listener) {
        return calls.accept4(listener, Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC);
    }

    /** The address and port that the last {@link #accept} has stored. */
    public SocketAddress peer(IpFamily family) {
        return stored(family);
    }

    /** The destination of a connection before a redirect, by conntrack; null when that does not know it. */
    public @Nullable SocketAddress originalDestination(int socket, IpFamily family) {
        boolean v4 = family == IpFamily.IPV4;
        int failed = calls.getsockopt(
                socket, v4 ? Linux.SOL_IP : Linux.SOL_IPV6, ORIGINAL_DESTINATION, v4 ? SIZE_4 : SIZE_6);
        return failed < 0 ? null : stored(family);
    }

    private SocketAddress stored(IpFamily family) {
        IpAddress address = family == IpFamily.IPV4
                ? new IpAddress(family, 0, exchange.getInt(4) & 0xffff_ffffL)
                : new IpAddress(family, exchange.getLong(8), exchange.getLong(16));
        return new SocketAddress(address, exchange.getShort(2) & 0xffff);
    }

    public int open(IpFamily family) {
        return calls.socket(family == IpFamily.IPV4 ? AF_INET : AF_INET6, TYPE);
    }

    /** Sets the firewall mark of what a socket sends. */
    public int mark(int socket, int mark) {
        return calls.setsockopt(socket, Linux.SOL_SOCKET, SO_MARK, mark);
    }

    /**
     * Allows a socket to be bound to an address that is not one of this host, and leaves its port to {@link #connect},
     * which knows the peer: one port can serve for many peers.
     */
    public int allowForeign(int socket, IpFamily family) {
        boolean v4 = family == IpFamily.IPV4;
        int failed =
                calls.setsockopt(socket, v4 ? Linux.SOL_IP : Linux.SOL_IPV6, v4 ? IP_TRANSPARENT : IPV6_TRANSPARENT, 1);
        return failed == 0 ? calls.setsockopt(socket, Linux.SOL_IP, IP_BIND_ADDRESS_NO_PORT, 1) : failed;
    }

    public int bind(int socket, IpAddress address, int port) {
        return calls.bind(socket, put(address.family(), address.high(), address.low(), port));
    }

    /** Begins to connect: EINPROGRESS, as a rule. */
    public int connect(int socket, IpAddress address, int port) {
        return calls.connect(socket, put(address.family(), address.high(), address.low(), port));
    }

    private int put(IpFamily family, long high, long low, int port) {
        boolean v4 = family == IpFamily.IPV4;
        exchange.order(ByteOrder.nativeOrder())
                .putShort(0, (short) (v4 ? AF_INET : AF_INET6))
                .order(ByteOrder.BIG_ENDIAN)
                .putShort(2, (short) port);
        if (v4) {
            exchange.putInt(4, (int) low).putLong(8, 0);
            return SIZE_4;
        }
        exchange.putInt(4, 0).putLong(8, high).putLong(16, low).putInt(24, 0);
        return SIZE_6;
    }

    /** Has small segments sent at once. */
    public int noDelay(int socket) {
        return calls.setsockopt(socket, SOL_TCP, TCP_NODELAY, 1);
    }

    public int keepAlive(int socket) {
        return calls.setsockopt(socket, Linux.SOL_SOCKET, SO_KEEPALIVE, 1);
    }

    /** Room for what native code of others receives and sends, until the next call of any kind. */
    public ByteBuffer received() {
        return exchange;
    }

    /** The address of {@link #received}. */
    public long memory() {
        return calls.pointer();
    }

    /** Sends what is between position and limit of a direct buffer; returns how many bytes the socket accepted. */
    public int send(int socket, ByteBuffer data) {
        return Libc.system().send(socket, data, Linux.MSG_DONTWAIT | Linux.MSG_NOSIGNAL);
    }

    /** Ends the stream to the peer. */
    public int shutdownOutput(int socket) {
        return calls.shutdownOutput(socket);
    }

    /** Has the peer see an error, and not an end of stream, when the socket is closed. */
    public int resetOnClose(int socket) {
        return calls.resetOnClose(socket);
    }

    /**
     * Takes the pending error of {@code socket}: an error number, or 0; EPIPE when the peer had ended its stream in
     * order before.
     */
    public int takeError(int socket) {
        int failed = calls.getsockopt(socket, Linux.SOL_SOCKET, Linux.SO_ERROR, Integer.BYTES);
        if (failed < 0) {
            return -failed;
        }
        int error = exchange.order(ByteOrder.nativeOrder()).getInt(0);
        exchange.order(ByteOrder.BIG_ENDIAN);
        return error;
    }

    public int close(int socket) {
        return calls.close(socket);
    }

    private int closed(int socket, int failed) {
        calls.close(socket);
        return failed;
    }
}
