// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.nfacct;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.NetfilterSubsystem;
import java.util.List;

/** Numbers and names of nfacct (include/uapi/linux/netfilter/nfnetlink_acct.h). */
final class AcctProtocol {
    static final int NEW = 0;
    static final int GET = 1;
    static final int DELETE = 3;

    static final int NAME = 1;
    static final int PACKETS = 2;
    static final int BYTES = 3;

    private static final List<String> COMMANDS = List.of("NEW", "GET", "GET_CTRZERO", "DEL", "OVERQUOTA");
    private static final AttributeNames ATTRIBUTES =
            AttributeNames.of("NAME", "PKTS", "BYTES", "USE", "FLAGS", "QUOTA", "FILTER", "PAD");

    static final NetfilterSubsystem SUBSYSTEM = new NetfilterSubsystem(7, "ACCT_", COMMANDS, ATTRIBUTES);

    private AcctProtocol() {}
}
