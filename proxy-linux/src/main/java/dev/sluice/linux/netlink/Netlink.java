// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

/** Numbers of the netlink protocol (include/uapi/linux/netlink.h). */
public final class Netlink {
    /** Protocol of links, addresses and routes. */
    public static final int ROUTE = 0;

    /** Protocol of nfnetlink: conntrack, ipset, nf_tables. */
    public static final int NETFILTER = 12;

    /** Protocol of generic netlink families such as IPVS. */
    public static final int GENERIC = 16;

    /** The length of {@code struct nlmsghdr}. */
    public static final int HEADER = 16;

    public static final int NLMSG_NOOP = 1;
    public static final int NLMSG_ERROR = 2;
    public static final int NLMSG_DONE = 3;
    public static final int NLMSG_OVERRUN = 4;

    public static final int F_REQUEST = 0x1;
    public static final int F_MULTI = 0x2;
    public static final int F_ACK = 0x4;
    public static final int F_DUMP_INTR = 0x10;

    /** Of a get request: the whole table. */
    public static final int F_DUMP = 0x300;

    /** Of a new request: replace what is there. */
    public static final int F_REPLACE = 0x100;

    /** Of a new request: put it behind the others. */
    public static final int F_APPEND = 0x800;

    /** Of a new request: EEXIST when it is there. */
    public static final int F_EXCL = 0x200;

    /** Of a new request: make it when it is not there. */
    public static final int F_CREATE = 0x400;

    /** Of an error reply: the request's payload was left out. */
    static final int F_CAPPED = 0x100;

    /** Of an error reply: attributes with the kernel's text follow. */
    static final int F_ACK_TLVS = 0x200;

    /** Of an attribute type: it holds attributes. */
    public static final int NLA_F_NESTED = 0x8000;

    /** Of an attribute type: its number is in network order. */
    public static final int NLA_F_NET_BYTEORDER = 0x4000;

    /** The bits of an attribute type that are its number. */
    public static final int NLA_TYPE_MASK = 0x3fff;

    private Netlink() {}

    /** {@code length} rounded up to the next multiple of 4. */
    public static int align(int length) {
        return length + 3 & ~3;
    }
}
