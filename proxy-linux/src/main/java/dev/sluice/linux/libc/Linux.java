// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.libc;

/** Constants of the Linux ABI, equal on x86_64 and aarch64. */
public final class Linux {
    public static final int AF_UNIX = 1;
    public static final int AF_NETLINK = 16;

    /** Protocol of a raw socket that only sends, and for the options of iptables. */
    public static final int IPPROTO_RAW = 255;

    public static final int SOCK_STREAM = 1;
    public static final int SOCK_RAW = 3;
    public static final int SOCK_SEQPACKET = 5;
    public static final int SOCK_NONBLOCK = 0x800;
    public static final int SOCK_CLOEXEC = 0x80000;

    public static final int MSG_DONTWAIT = 0x40;
    public static final int MSG_TRUNC = 0x20;
    public static final int MSG_NOSIGNAL = 0x4000;

    public static final int SOL_IP = 0;
    public static final int SOL_SOCKET = 1;
    public static final int SOL_IPV6 = 41;
    public static final int SOL_NETLINK = 270;

    public static final int SO_ERROR = 4;
    public static final int SO_RCVBUF = 8;
    public static final int SO_PEERCRED = 17;
    public static final int SO_RCVTIMEO = 20;
    public static final int SO_SNDTIMEO = 21;
    public static final int SO_ATTACH_FILTER = 26;
    public static final int SO_DETACH_FILTER = 27;
    public static final int SO_SNDBUFFORCE = 32;
    public static final int SO_RCVBUFFORCE = 33;

    /** linux/in.h and linux/in6.h: errors of the network are reported at once. */
    public static final int IP_RECVERR = 11;

    public static final int IPV6_RECVERR = 25;

    public static final int NETLINK_ADD_MEMBERSHIP = 1;
    public static final int NETLINK_CAP_ACK = 10;
    public static final int NETLINK_EXT_ACK = 11;

    public static final short POLLIN = 1;
    public static final short POLLOUT = 4;

    public static final int EFD_CLOEXEC = 0x80000;

    public static final int O_RDONLY = 0;
    public static final int O_NONBLOCK = 0x800;
    public static final int O_CLOEXEC = 0x80000;

    public static final int SPLICE_F_MOVE = 1;
    public static final int SPLICE_F_NONBLOCK = 2;
    /** linux/fcntl.h. */
    public static final int F_SETPIPE_SZ = 1031;

    public static final int CLONE_NEWNET = 0x4000_0000;

    public static final int RLIMIT_NOFILE = 7;

    /** asm-generic/mman-common.h: the pages leave this process, and are read again from their file when needed. */
    public static final int MADV_DONTNEED = 4;

    private Linux() {}

    /** linux/close_range.h, since 5.11. */
    public static final int CLOSE_RANGE_CLOEXEC = 4;
}
