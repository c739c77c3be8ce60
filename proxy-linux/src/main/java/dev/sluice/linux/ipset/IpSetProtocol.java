// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipset;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.MessageWriter;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import java.util.List;

/** Numbers and names of ipset over nfnetlink (include/uapi/linux/netfilter/ipset/ip_set.h). */
final class IpSetProtocol {
    /** Supported versions of the protocol: 6 since Linux 2.6.39, 7 since 4.20. */
    static final int OLDEST = 6;

    static final int NEWEST = 7;

    static final int PROTOCOL = 1;
    static final int CREATE = 2;
    static final int DESTROY = 3;
    static final int SWAP = 6;
    static final int LIST = 7;
    static final int ADD = 9;
    static final int DELETE = 10;
    static final int HEADER_OF = 12;
    static final int TYPE = 13;

    static final int ATTR_PROTOCOL = 1;
    static final int ATTR_SETNAME = 2;
    static final int ATTR_TYPENAME = 3;
    static final int ATTR_REVISION = 4;
    static final int ATTR_FAMILY = 5;
    static final int ATTR_FLAGS = 6;
    static final int ATTR_DATA = 7;
    static final int ATTR_ADT = 8;
    static final int ATTR_PROTOCOL_MIN = 10;

    static final int DATA_IP = 1;
    static final int DATA_PORT = 4;
    static final int DATA_PORT_TO = 5;
    static final int DATA_TIMEOUT = 6;
    static final int DATA_PROTO = 7;
    static final int DATA_HASHSIZE = 18;
    static final int DATA_MAXELEM = 19;
    static final int DATA_IP2 = 20;
    static final int DATA_CIDR2 = 21;
    static final int DATA_ELEMENTS = 24;

    static final int ADDRESS_IPV4 = 1;
    static final int ADDRESS_IPV6 = 2;

    /** Of a list request: names only. */
    static final int FLAG_LIST_SETNAME = 2;

    /** Of a list request: what sets are, without their elements. */
    static final int FLAG_LIST_HEADER = 4;

    private static final List<String> COMMANDS = List.of(
            "NONE",
            "PROTOCOL",
            "CREATE",
            "DESTROY",
            "FLUSH",
            "RENAME",
            "SWAP",
            "LIST",
            "SAVE",
            "ADD",
            "DEL",
            "TEST",
            "HEADER",
            "TYPE",
            "GET_BYNAME",
            "GET_BYINDEX");
    private static final AttributeNames ADDRESS = AttributeNames.of("IPV4", "IPV6");
    private static final AttributeNames ELEMENT = AttributeNames.of(
                    "IP",
                    "IP_TO",
                    "CIDR",
                    "PORT",
                    "PORT_TO",
                    "TIMEOUT",
                    "PROTO",
                    "CADT_FLAGS",
                    "LINENO",
                    "MARK",
                    "MARKMASK",
                    "BITMASK",
                    "13",
                    "14",
                    "15",
                    "16",
                    "INITVAL",
                    "HASHSIZE",
                    "MAXELEM",
                    "IP2",
                    "CIDR2",
                    "RESIZE",
                    "SIZE",
                    "ELEMENTS",
                    "REFERENCES",
                    "MEMSIZE")
            .nesting(DATA_IP, ADDRESS)
            .nesting(DATA_IP2, ADDRESS);
    private static final AttributeNames ATTRIBUTES = AttributeNames.of(
                    "PROTOCOL",
                    "SETNAME",
                    "TYPENAME",
                    "REVISION",
                    "FAMILY",
                    "FLAGS",
                    "DATA",
                    "ADT",
                    "LINENO",
                    "PROTOCOL_MIN",
                    "INDEX")
            .nesting(ATTR_DATA, ELEMENT)
            .nesting(ATTR_ADT, AttributeNames.NONE.nesting(ATTR_DATA, ELEMENT));

    static final NetfilterSubsystem SUBSYSTEM = new NetfilterSubsystem(6, "IPSET_", COMMANDS, ATTRIBUTES);

    /** A request whose attributes start with the version of the protocol. */
    static NetlinkRequest request(
            Object operation, int command, int flags, int version, MessageWriter.Content attributes) {
        return SUBSYSTEM.request(operation, command, flags, 0, out -> {
            out.u8(ATTR_PROTOCOL, version);
            attributes.write(out);
        });
    }

    /** The type of a number in network order; the kernel refuses it without the mark. */
    static int bigEndian(int type) {
        return type | Netlink.NLA_F_NET_BYTEORDER;
    }

    private IpSetProtocol() {}
}
