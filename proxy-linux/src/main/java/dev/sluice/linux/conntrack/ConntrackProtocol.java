// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.conntrack;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import java.util.List;

/** Numbers and names of ctnetlink (include/uapi/linux/netfilter/nfnetlink_conntrack.h). */
final class ConntrackProtocol {
    static final int GET = 1;
    static final int DELETE = 2;

    static final int TUPLE_ORIG = 1;
    static final int TUPLE_REPLY = 2;
    static final int MARK = 8;
    static final int ID = 12;
    static final int ZONE = 18;
    static final int FILTER = 25;

    static final int TUPLE_IP = 1;
    static final int TUPLE_PROTO = 2;

    static final int IP_V4_SRC = 1;
    static final int IP_V4_DST = 2;
    static final int IP_V6_SRC = 3;
    static final int IP_V6_DST = 4;

    static final int PROTO_NUM = 1;
    static final int PROTO_SRC_PORT = 2;
    static final int PROTO_DST_PORT = 3;

    static final int FILTER_ORIG_FLAGS = 1;
    static final int FILTER_REPLY_FLAGS = 2;

    /** Of the filter's flags: compare the destination address. */
    static final int FILTER_IP_DST = 1 << 1;

    /** Of the filter's flags: compare the protocol's number. */
    static final int FILTER_PROTO_NUM = 1 << 3;

    /** Of the filter's flags: compare the destination port. */
    static final int FILTER_PROTO_DST_PORT = 1 << 5;

    private static final List<String> COMMANDS =
            List.of("NEW", "GET", "DELETE", "GET_CTRZERO", "GET_STATS_CPU", "GET_STATS");
    private static final AttributeNames TUPLE = AttributeNames.of("IP", "PROTO", "ZONE")
            .nesting(TUPLE_IP, AttributeNames.of("V4_SRC", "V4_DST", "V6_SRC", "V6_DST"))
            .nesting(
                    TUPLE_PROTO, AttributeNames.of("NUM", "SRC_PORT", "DST_PORT", "ICMP_ID", "ICMP_TYPE", "ICMP_CODE"));
    private static final AttributeNames ATTRIBUTES = AttributeNames.of(
                    "TUPLE_ORIG",
                    "TUPLE_REPLY",
                    "STATUS",
                    "PROTOINFO",
                    "HELP",
                    "NAT_SRC",
                    "TIMEOUT",
                    "MARK",
                    "COUNTERS_ORIG",
                    "COUNTERS_REPLY",
                    "USE",
                    "ID",
                    "NAT_DST",
                    "TUPLE_MASTER",
                    "SEQ_ADJ_ORIG",
                    "SEQ_ADJ_REPLY",
                    "SECMARK",
                    "ZONE",
                    "SECCTX",
                    "TIMESTAMP",
                    "MARK_MASK",
                    "LABELS",
                    "LABELS_MASK",
                    "SYNPROXY",
                    "FILTER",
                    "STATUS_MASK")
            .nesting(TUPLE_ORIG, TUPLE)
            .nesting(TUPLE_REPLY, TUPLE)
            .nesting(FILTER, AttributeNames.of("ORIG_FLAGS", "REPLY_FLAGS"));

    static final NetfilterSubsystem SUBSYSTEM = new NetfilterSubsystem(1, "CT_", COMMANDS, ATTRIBUTES);

    private ConntrackProtocol() {}
}
