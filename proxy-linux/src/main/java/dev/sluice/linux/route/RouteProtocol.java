// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.route;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.WireNames;

/** Numbers and names of rtnetlink (include/uapi/linux/{rtnetlink,if_link,if_addr}.h). */
final class RouteProtocol implements WireNames {
    static final int NEW_LINK = 16;
    static final int DELETE_LINK = 17;
    static final int GET_LINK = 18;
    static final int NEW_ADDRESS = 20;
    static final int DELETE_ADDRESS = 21;
    static final int GET_ADDRESS = 22;

    static final int NEW_ROUTE = 24;
    static final int DELETE_ROUTE = 25;
    static final int GET_ROUTE = 26;
    static final int NEW_RULE = 32;
    static final int DELETE_RULE = 33;

    /** {@code struct rtmsg} and {@code struct fib_rule_hdr}: eight single bytes, flags 32. */
    static final int ROUTE_HEADER = 12;

    static final int RTA_DST = 1;
    static final int RTA_OIF = 4;
    static final int RTA_PREFSRC = 7;
    static final int RTA_TABLE = 15;
    static final int FRA_PRIORITY = 6;
    static final int FRA_FWMARK = 10;
    static final int FRA_TABLE = 15;
    static final int FRA_FWMASK = 16;

    /** RTN_LOCAL; FR_ACT_TO_TBL; RTPROT_STATIC; RT_SCOPE_HOST. */
    static final int TYPE_LOCAL = 2;

    static final int TO_TABLE = 1;
    static final int PROTOCOL_STATIC = 4;
    static final int SCOPE_HOST = 254;
    /** RT_TABLE_LOCAL. */
    static final int LOCAL_TABLE = 255;

    /** {@code struct ifinfomsg}: family, pad, type 16, index 32, flags 32, change mask 32. */
    static final int LINK_HEADER = 16;

    static final int LINK_INDEX = 4;
    static final int LINK_FLAGS = 8;

    /** {@code struct ifaddrmsg}: family, prefix length, flags, scope, index 32. */
    static final int ADDRESS_HEADER = 8;

    static final int IFF_UP = 0x1;
    static final int IFF_LOOPBACK = 0x8;

    static final int IFLA_IFNAME = 3;
    static final int IFLA_LINKINFO = 18;
    static final int IFLA_INFO_KIND = 1;

    static final int IFA_ADDRESS = 1;
    static final int IFA_LOCAL = 2;
    static final int IFA_FLAGS = 8;

    /** An IPv6 address may be used at once, without looking for another owner first. */
    static final int IFA_F_NODAD = 0x2;

    /** The preferred lifetime is over. */
    static final int IFA_F_DEPRECATED = 0x20;

    /** {@code struct ifa_cacheinfo}: preferred and valid lifetime in seconds, two stamps. */
    static final int IFA_CACHEINFO = 6;

    static final int CACHEINFO_SIZE = 16;
    static final int LIFETIME_FOREVER = 0xffffffff;

    /** RT_SCOPE_LINK. */
    static final int SCOPE_LINK = 253;

    static final int GROUP_LINK = 1;
    static final int GROUP_IPV4_ADDRESS = 5;
    static final int GROUP_IPV6_ADDRESS = 9;

    private static final AttributeNames LINK_INFO = AttributeNames.of("KIND", "DATA");
    private static final AttributeNames LINK = AttributeNames.of(
                    "ADDRESS",
                    "BROADCAST",
                    "IFNAME",
                    "MTU",
                    "LINK",
                    "QDISC",
                    "STATS",
                    "COST",
                    "PRIORITY",
                    "MASTER",
                    "WIRELESS",
                    "PROTINFO",
                    "TXQLEN",
                    "MAP",
                    "WEIGHT",
                    "OPERSTATE",
                    "LINKMODE",
                    "LINKINFO",
                    "NET_NS_PID")
            .nesting(IFLA_LINKINFO, LINK_INFO);
    private static final AttributeNames ADDRESS = AttributeNames.of(
            "ADDRESS", "LOCAL", "LABEL", "BROADCAST", "ANYCAST", "CACHEINFO", "MULTICAST", "FLAGS", "RT_PRIORITY");

    private static final AttributeNames ROUTE = AttributeNames.of(
            "DST",
            "SRC",
            "IIF",
            "OIF",
            "GATEWAY",
            "PRIORITY",
            "PREFSRC",
            "METRICS",
            "MULTIPATH",
            "PROTOINFO",
            "FLOW",
            "CACHEINFO",
            "SESSION",
            "MP_ALGO",
            "TABLE");
    private static final AttributeNames RULE = AttributeNames.of(
            "DST",
            "SRC",
            "IIFNAME",
            "GOTO",
            "UNUSED2",
            "PRIORITY",
            "UNUSED3",
            "UNUSED4",
            "UNUSED5",
            "FWMARK",
            "FLOW",
            "TUN_ID",
            "SUPPRESS_IFGROUP",
            "SUPPRESS_PREFIXLEN",
            "TABLE",
            "FWMASK");

    @Override
    public String message(Message message) {
        String object = switch (message.type() >> 2) {
            case NEW_LINK >> 2 -> "LINK";
            case NEW_ADDRESS >> 2 -> "ADDR";
            case NEW_ROUTE >> 2 -> "ROUTE";
            default -> "RULE";
        };
        return switch (message.type() & 3) {
            case 0 -> "RTM_NEW" + object;
            case 1 -> "RTM_DEL" + object;
            case 2 -> "RTM_GET" + object;
            default -> "RTM_SET" + object;
        };
    }

    @Override
    public int headerLength(Message message) {
        return isLink(message) ? LINK_HEADER : isAddress(message) ? ADDRESS_HEADER : ROUTE_HEADER;
    }

    @Override
    public AttributeNames attributes(Message message) {
        return isLink(message) ? LINK : isAddress(message) ? ADDRESS : message.type() < NEW_RULE ? ROUTE : RULE;
    }

    private static boolean isAddress(Message message) {
        return message.type() >> 2 == NEW_ADDRESS >> 2;
    }

    private static boolean isLink(Message message) {
        return message.type() < NEW_ADDRESS;
    }
}
