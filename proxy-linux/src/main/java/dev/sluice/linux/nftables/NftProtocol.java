// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nftables;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.Netlink;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.WireNames;
import java.util.List;

/** Numbers of nf_tables (include/uapi/linux/netfilter/nf_tables.h and nfnetlink.h). */
public final class NftProtocol implements WireNames {
    /** NFNLGRP_NFTABLES. */
    public static final int GROUP = 7;

    /** The length of {@code struct nfgenmsg}, whose first byte is the address family. */
    public static final int HEADER = 4;

    private static final int SUBSYSTEM = 10 << 8;
    public static final int NEW_TABLE = SUBSYSTEM;
    public static final int GET_TABLE = SUBSYSTEM | 1;
    public static final int DELETE_TABLE = SUBSYSTEM | 2;
    public static final int NEW_CHAIN = SUBSYSTEM | 3;
    public static final int GET_CHAIN = SUBSYSTEM | 4;
    public static final int DELETE_CHAIN = SUBSYSTEM | 5;
    public static final int NEW_RULE = SUBSYSTEM | 6;
    static final int GET_RULE = SUBSYSTEM | 7;
    public static final int DELETE_RULE = SUBSYSTEM | 8;
    public static final int NEW_SET = SUBSYSTEM | 9;
    static final int GET_SET = SUBSYSTEM | 10;
    public static final int DELETE_SET = SUBSYSTEM | 11;
    public static final int NEW_ELEMENT = SUBSYSTEM | 12;
    static final int GET_ELEMENT = SUBSYSTEM | 13;
    public static final int DELETE_ELEMENT = SUBSYSTEM | 14;
    public static final int NEW_GENERATION = SUBSYSTEM | 15;
    public static final int GET_GENERATION = SUBSYSTEM | 16;

    private static final List<String> COMMANDS = List.of(
            "NEWTABLE",
            "GETTABLE",
            "DELTABLE",
            "NEWCHAIN",
            "GETCHAIN",
            "DELCHAIN",
            "NEWRULE",
            "GETRULE",
            "DELRULE",
            "NEWSET",
            "GETSET",
            "DELSET",
            "NEWSETELEM",
            "GETSETELEM",
            "DELSETELEM",
            "NEWGEN",
            "GETGEN");

    /** NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END, around what is committed as one. */
    public static final int BATCH_BEGIN = 0x10;

    public static final int BATCH_END = 0x11;

    public static final int TABLE_NAME = 1;
    public static final int CHAIN_TABLE = 1;
    public static final int CHAIN_NAME = 3;
    public static final int RULE_TABLE = 1;
    public static final int RULE_CHAIN = 2;
    public static final int GENERATION_ID = 1;
    public static final int GENERATION_PROCESS_ID = 2;
    public static final int GENERATION_PROCESS_NAME = 3;

    /** The first or the last message of a commit. */
    public static NetlinkRequest boundary(Object operation, int type) {
        return new NetlinkRequest(operation, type, 0, out -> out.u8(0).u8(0).u16BigEndian(SUBSYSTEM >> 8));
    }

    /** The type of an attribute that holds attributes. */
    public static int nested(int type) {
        return type | Netlink.NLA_F_NESTED;
    }

    @Override
    public String message(Message message) {
        int command = message.type() - SUBSYSTEM;
        return command >= 0 && command < COMMANDS.size()
                ? "NFT_MSG_" + COMMANDS.get(command)
                : "type " + message.type();
    }

    @Override
    public int headerLength(Message message) {
        return HEADER;
    }

    @Override
    public AttributeNames attributes(Message message) {
        return AttributeNames.NONE;
    }
}
