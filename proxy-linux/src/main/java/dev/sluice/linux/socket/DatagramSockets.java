// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.socket;

import dev.sluice.core.net.IpFamily;
import dev.sluice.linux.libc.Linux;
import dev.sluice.linux.libc.SocketCalls;

/**
 * Opens UDP sockets that do not block, for use by one thread at a time; {@link StreamSockets} binds, connects, marks
 * and closes them, and {@link DatagramBatch} carries their datagrams. Calls return a negative error number when they
 * fail.
 */
public final class DatagramSockets {
    /** linux/udp.h */
    static final int SOL_UDP = 17;

    static final int UDP_SEGMENT = 103;
    static final int UDP_GRO = 104;
    /** linux/in.h and linux/in6.h */
    static final int IP_TTL = 2;

    static final int IPV6_HOPLIMIT = 52;
    private static final int IP_RECVTTL = 12;
    private static final int IPV6_UNICAST_HOPS = 16;
    private static final int IPV6_RECVHOPLIMIT = 51;

    private static final int AF_INET = 2;
    private static final int AF_INET6 = 10;
    private static final int SOCK_DGRAM = 2;
    private static final int TYPE = SOCK_DGRAM | Linux.SOCK_NONBLOCK | Linux.SOCK_CLOEXEC;
    /** asm-generic/socket.h */
    private static final int SO_REUSEPORT = 15;

    private static final int IP_TRANSPARENT = 19;

    private static final int IPV6_TRANSPARENT = 75;

    private final SocketCalls calls = new SocketCalls(Long.BYTES);

    public int open(IpFamily family) {
        return calls.socket(family == IpFamily.IPV4 ? AF_INET : AF_INET6, TYPE);
    }

    /** Allows other sockets that allow it too to have the same address and port; datagrams are spread over them. */
    public int sharePort(int socket) {
        return calls.setsockopt(socket, Linux.SOL_SOCKET, SO_REUSEPORT, 1);
    }

    /** Gives a socket room for {@code bytes} of waiting datagrams each way, where this process may. */
    public void enlarge(int socket, int bytes) {
        calls.setsockopt(socket, Linux.SOL_SOCKET, Linux.SO_RCVBUFFORCE, bytes);
        calls.setsockopt(socket, Linux.SOL_SOCKET, Linux.SO_SNDBUFFORCE, bytes);
    }

    /** Allows successive datagrams to be received as one run, where they have come as one. */
    public int coalesce(int socket) {
        return calls.setsockopt(socket, SOL_UDP, UDP_GRO, 1);
    }

    /** Has {@link DatagramBatch#hopsLeft} tell what it does. */
    public int reportHops(int socket, IpFamily family) {
        return family == IpFamily.IPV4
                ? calls.setsockopt(socket, Linux.SOL_IP, IP_RECVTTL, 1)
                : calls.setsockopt(socket, Linux.SOL_IPV6, IPV6_RECVHOPLIMIT, 1);
    }

    /** Sets how many routers a datagram may pass: its time to live, or hop limit. */
    public int limitHops(int socket, IpFamily family, int hops) {
        return family == IpFamily.IPV4
                ? calls.setsockopt(socket, Linux.SOL_IP, IP_TTL, hops)
                : calls.setsockopt(socket, Linux.SOL_IPV6, IPV6_UNICAST_HOPS, hops);
    }

    /** Allows a socket to be bound to an address that is not one of this host. */
    public int allowForeign(int socket, IpFamily family) {
        return family == IpFamily.IPV4
                ? calls.setsockopt(socket, Linux.SOL_IP, IP_TRANSPARENT, 1)
                : calls.setsockopt(socket, Linux.SOL_IPV6, IPV6_TRANSPARENT, 1);
    }
}
