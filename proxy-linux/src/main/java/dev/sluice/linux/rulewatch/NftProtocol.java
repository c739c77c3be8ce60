// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.rulewatch;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.NetlinkRequest;
import dev.sluice.linux.netlink.WireNames;

/** Numbers of nf_tables (include/uapi/linux/netfilter/nf_tables.h and nfnetlink.h). */
final class NftProtocol implements WireNames {
    /** NFNLGRP_NFTABLES. */
    static final int GROUP = 7;

    /** The length of {@code struct nfgenmsg}, whose first byte is the address family. */
    static final int HEADER = 4;

    private static final int SUBSYSTEM = 10 << 8;
    static final int NEW_TABLE = SUBSYSTEM;
    static final int GET_TABLE = SUBSYSTEM | 1;
    static final int DELETE_TABLE = SUBSYSTEM | 2;
    static final int NEW_CHAIN = SUBSYSTEM | 3;
    static final int GET_CHAIN = SUBSYSTEM | 4;
    static final int DELETE_CHAIN = SUBSYSTEM | 5;
    static final int NEW_RULE = SUBSYSTEM | 6;
    static final int DELETE_RULE = SUBSYSTEM | 8;
    static final int NEW_GENERATION = SUBSYSTEM | 15;
    static final int GET_GENERATION = SUBSYSTEM | 16;

    /** NFNL_MSG_BATCH_BEGIN and NFNL_MSG_BATCH_END, around what is committed as one. */
    static final int BATCH_BEGIN = 0x10;

    static final int BATCH_END = 0x11;

    static final int TABLE_NAME = 1;
    static final int CHAIN_TABLE = 1;
    static final int CHAIN_NAME = 3;
    static final int RULE_TABLE = 1;
    static final int RULE_CHAIN = 2;
    static final int GENERATION_ID = 1;
    static final int GENERATION_PROCESS_ID = 2;
    static final int GENERATION_PROCESS_NAME = 3;

    /** The first or the last message of a commit. */
    static NetlinkRequest boundary(String operation, int type) {
        return new NetlinkRequest(operation, type, 0, out -> out.u8(0).u8(0).u16BigEndian(SUBSYSTEM >> 8));
    }

    @Override
    public String message(Message message) {
        return switch (message.type()) {
            case NEW_TABLE -> "NFT_MSG_NEWTABLE";
            case GET_TABLE -> "NFT_MSG_GETTABLE";
            case DELETE_TABLE -> "NFT_MSG_DELTABLE";
            case NEW_CHAIN -> "NFT_MSG_NEWCHAIN";
            case GET_CHAIN -> "NFT_MSG_GETCHAIN";
            case DELETE_CHAIN -> "NFT_MSG_DELCHAIN";
            case NEW_RULE -> "NFT_MSG_NEWRULE";
            case DELETE_RULE -> "NFT_MSG_DELRULE";
            case NEW_GENERATION -> "NFT_MSG_NEWGEN";
            case GET_GENERATION -> "NFT_MSG_GETGEN";
            default -> "type " + message.type();
        };
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
