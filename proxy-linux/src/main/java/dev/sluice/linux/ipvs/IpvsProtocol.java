// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.ipvs;

import dev.sluice.linux.netlink.AttributeNames;
import dev.sluice.linux.netlink.GenericFamily;
import dev.sluice.linux.netlink.Message;
import dev.sluice.linux.netlink.WireNames;
import java.util.List;

/** Numbers and names of the IPVS family (include/uapi/linux/ip_vs.h). */
final class IpvsProtocol implements WireNames {
    static final String FAMILY = "IPVS";

    static final int NEW_SERVICE = 1;
    static final int SET_SERVICE = 2;
    static final int DEL_SERVICE = 3;
    static final int GET_SERVICE = 4;
    static final int NEW_DEST = 5;
    static final int SET_DEST = 6;
    static final int DEL_DEST = 7;
    static final int GET_DEST = 8;
    static final int SET_CONFIG = 12;
    static final int GET_CONFIG = 13;
    static final int GET_INFO = 15;

    static final int ATTR_SERVICE = 1;
    static final int ATTR_DEST = 2;
    static final int ATTR_TIMEOUT_TCP = 4;
    static final int ATTR_TIMEOUT_TCP_FIN = 5;
    static final int ATTR_TIMEOUT_UDP = 6;

    static final int INFO_VERSION = 1;
    static final int INFO_CONNECTION_TABLE_SIZE = 2;

    static final int SERVICE_AF = 1;
    static final int SERVICE_PROTOCOL = 2;
    static final int SERVICE_ADDR = 3;
    static final int SERVICE_PORT = 4;
    static final int SERVICE_SCHED_NAME = 6;
    static final int SERVICE_FLAGS = 7;
    static final int SERVICE_TIMEOUT = 8;
    static final int SERVICE_NETMASK = 9;
    static final int SERVICE_STATS = 10;
    static final int SERVICE_STATS64 = 12;

    static final int DEST_ADDR = 1;
    static final int DEST_PORT = 2;
    static final int DEST_FWD_METHOD = 3;
    static final int DEST_WEIGHT = 4;
    static final int DEST_U_THRESH = 5;
    static final int DEST_L_THRESH = 6;
    static final int DEST_ACTIVE_CONNS = 7;
    static final int DEST_INACT_CONNS = 8;
    static final int DEST_PERSIST_CONNS = 9;
    static final int DEST_STATS = 10;
    static final int DEST_ADDR_FAMILY = 11;
    static final int DEST_STATS64 = 12;

    /** The bits of FWD_METHOD that name the method. */
    static final int FORWARDING_MASK = 7;

    /** NAT. */
    static final int FORWARDING_MASQUERADE = 0;

    private static final List<String> COMMANDS = List.of(
            "UNSPEC",
            "NEW_SERVICE",
            "SET_SERVICE",
            "DEL_SERVICE",
            "GET_SERVICE",
            "NEW_DEST",
            "SET_DEST",
            "DEL_DEST",
            "GET_DEST",
            "NEW_DAEMON",
            "DEL_DAEMON",
            "GET_DAEMON",
            "SET_CONFIG",
            "GET_CONFIG",
            "SET_INFO",
            "GET_INFO",
            "ZERO",
            "FLUSH");
    private static final int SET_INFO = 14;
    private static final AttributeNames STATS = AttributeNames.of(
            "CONNS", "INPKTS", "OUTPKTS", "INBYTES", "OUTBYTES", "CPS", "INPPS", "OUTPPS", "INBPS", "OUTBPS");
    private static final AttributeNames SERVICE = AttributeNames.of(
                    "AF",
                    "PROTOCOL",
                    "ADDR",
                    "PORT",
                    "FWMARK",
                    "SCHED_NAME",
                    "FLAGS",
                    "TIMEOUT",
                    "NETMASK",
                    "STATS",
                    "PE_NAME",
                    "STATS64")
            .nesting(SERVICE_STATS, STATS)
            .nesting(SERVICE_STATS64, STATS);
    private static final AttributeNames DEST = AttributeNames.of(
                    "ADDR",
                    "PORT",
                    "FWD_METHOD",
                    "WEIGHT",
                    "U_THRESH",
                    "L_THRESH",
                    "ACTIVE_CONNS",
                    "INACT_CONNS",
                    "PERSIST_CONNS",
                    "STATS",
                    "ADDR_FAMILY",
                    "STATS64",
                    "TUN_TYPE",
                    "TUN_PORT",
                    "TUN_FLAGS")
            .nesting(DEST_STATS, STATS)
            .nesting(DEST_STATS64, STATS);
    private static final AttributeNames COMMAND = AttributeNames.of(
                    "SERVICE", "DEST", "DAEMON", "TIMEOUT_TCP", "TIMEOUT_TCP_FIN", "TIMEOUT_UDP")
            .nesting(ATTR_SERVICE, SERVICE)
            .nesting(ATTR_DEST, DEST);
    private static final AttributeNames INFO = AttributeNames.of("VERSION", "CONN_TAB_SIZE");

    @Override
    public String message(Message message) {
        if (isControl(message)) {
            return "CTRL command " + message.u8(0);
        }
        int command = message.u8(0);
        return "IPVS " + (command < COMMANDS.size() ? COMMANDS.get(command) : "command " + command);
    }

    @Override
    public int headerLength(Message message) {
        return GenericFamily.HEADER;
    }

    @Override
    public AttributeNames attributes(Message message) {
        if (isControl(message)) {
            return AttributeNames.NONE;
        }
        return message.u8(0) == SET_INFO ? INFO : COMMAND;
    }

    private static boolean isControl(Message message) {
        return message.type() == GenericFamily.CONTROL;
    }
}
