// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.Errno;
import dev.sluice.linux.NetlinkException;
import dev.sluice.linux.libc.Libc;
import dev.sluice.linux.libc.Linux;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A netlink socket: sends and receives datagrams. */
final class NetlinkChannel implements AutoCloseable {
    private static final int BUFFER_BYTES = 8 << 20;
    private static final long TIMEOUT_SECONDS = 10;

    private final Libc libc;
    private final int fd;
    private final String name;
    private boolean closed;

    private NetlinkChannel(Libc libc, int fd, String name) {
        this.libc = libc;
        this.fd = fd;
        this.name = name;
    }

    /**
     * Opens a socket in the calling thread's network namespace.
     *
     * @param groups the multicast groups to join, by number
     */
    static NetlinkChannel open(Libc libc, int protocol, int... groups) throws NetlinkException {
        String name = "netlink protocol " + protocol;
        int fd = libc.socket(Linux.AF_NETLINK, Linux.SOCK_RAW | Linux.SOCK_CLOEXEC, protocol);
        if (fd < 0) {
            throw new NetlinkException("open " + name, -fd, "");
        }
        NetlinkChannel channel = new NetlinkChannel(libc, fd, name);
        try {
            channel.configure(groups);
            return channel;
        } catch (NetlinkException e) {
            channel.close();
            throw e;
        }
    }

    private void configure(int... groups) throws NetlinkException {
        // Best effort: the forced sizes need CAP_NET_ADMIN in the initial user namespace, and without extended
        // acknowledgements only the kernel's texts are missing.
        libc.setsockopt(fd, Linux.SOL_SOCKET, Linux.SO_SNDBUFFORCE, intValue(BUFFER_BYTES));
        libc.setsockopt(fd, Linux.SOL_SOCKET, Linux.SO_RCVBUFFORCE, intValue(BUFFER_BYTES));
        libc.setsockopt(fd, Linux.SOL_NETLINK, Linux.NETLINK_EXT_ACK, intValue(1));
        libc.setsockopt(fd, Linux.SOL_NETLINK, Linux.NETLINK_CAP_ACK, intValue(1));
        check("limit the waiting time of", libc.setsockopt(fd, Linux.SOL_SOCKET, Linux.SO_RCVTIMEO, timeout()));
        check("limit the waiting time of", libc.setsockopt(fd, Linux.SOL_SOCKET, Linux.SO_SNDTIMEO, timeout()));
        ByteBuffer address = direct(12).putShort((short) Linux.AF_NETLINK).clear();
        check("bind", libc.bind(fd, address));
        for (int group : groups) {
            int answer = libc.setsockopt(fd, Linux.SOL_NETLINK, Linux.NETLINK_ADD_MEMBERSHIP, intValue(group));
            check("join group " + group + " of", answer);
        }
    }

    private void check(String action, int answer) throws NetlinkException {
        if (answer < 0) {
            throw new NetlinkException(action + " " + name, -answer, "");
        }
    }

    int fd() {
        return fd;
    }

    /** The size of the kernel's receive buffer. */
    int receiveBufferBytes() {
        ByteBuffer value = direct(4);
        int answer = libc.getsockopt(fd, Linux.SOL_SOCKET, Linux.SO_RCVBUF, value);
        return answer < 0 ? 0 : value.getInt(0);
    }

    /** The port that the kernel bound this socket to; 0 when it does not say. */
    int port() {
        ByteBuffer address = direct(12);
        return libc.getsockname(fd, address) < 0 ? 0 : address.getInt(4);
    }

    /** Sends one datagram of one or more messages. */
    void send(Object operation, ByteBuffer data) throws NetlinkException {
        int answer;
        do {
            answer = libc.send(fd, data, 0);
        } while (answer == -Errno.EINTR);
        if (answer < 0) {
            throw NetlinkException.remarked(operation.toString(), -answer, "send failed");
        }
    }

    /**
     * Receives one datagram into {@code into}, which then stands for it.
     *
     * @param flags {@link Linux#MSG_DONTWAIT} or 0
     * @return 0, or the errno: EAGAIN when nothing has arrived, ENOBUFS when the kernel dropped messages, EMSGSIZE when
     *     the datagram did not fit
     */
    int receive(ByteBuffer into, int flags) {
        int answer;
        do {
            answer = libc.recv(fd, into.clear(), flags | Linux.MSG_TRUNC);
        } while (answer == -Errno.EINTR);
        if (answer < 0) {
            into.limit(0);
            return -answer;
        }
        if (answer > into.capacity()) {
            into.limit(0);
            return Errno.EMSGSIZE;
        }
        into.limit(answer);
        return 0;
    }

    /** From now on the kernel drops datagrams from these ports, and from no others. */
    int ignoreSenders(List<Integer> ports) {
        if (ports.isEmpty()) {
            return libc.setsockopt(fd, Linux.SOL_SOCKET, Linux.SO_DETACH_FILTER, intValue(0));
        }
        return libc.attachFilter(fd, SenderFilter.program(ports));
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            libc.close(fd);
        }
    }

    static ByteBuffer direct(int bytes) {
        return ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    }

    private static ByteBuffer intValue(int value) {
        return direct(4).putInt(value).flip();
    }

    private static ByteBuffer timeout() {
        return direct(16).putLong(TIMEOUT_SECONDS).putLong(0).flip();
    }
}
