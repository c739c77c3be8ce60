// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import dev.sluice.linux.NetlinkException;
import java.util.ArrayList;
import java.util.List;

/** Makes exceptions of the kernel's error messages, with the text of their extended acknowledgement. */
final class KernelError {
    private static final int MESSAGE = 1;
    private static final int OFFSET = 2;
    private static final int MISSING_TYPE = 5;

    private KernelError() {}

    /** The exception for {@code reply}, an NLMSG_ERROR or NLMSG_DONE with an error number. */
    static NetlinkException of(Object operation, Message reply) {
        return new NetlinkException(operation.toString(), reply.errno(), text(reply));
    }

    /** The byte of the request that {@code reply} points at; -1 when it names none. */
    static int offset(Message reply) {
        if (reply.has(Netlink.F_ACK_TLVS)) {
            AttributeReader attributes = attributes(reply);
            while (attributes.next()) {
                if (attributes.type() == OFFSET) {
                    return (int) attributes.u32();
                }
            }
        }
        return -1;
    }

    private static AttributeReader attributes(Message reply) {
        int header = 4;
        if (reply.type() == Netlink.NLMSG_ERROR) {
            header += reply.has(Netlink.F_CAPPED) ? Netlink.HEADER : Netlink.align(reply.u32(4));
        }
        return reply.attributes(header);
    }

    private static String text(Message reply) {
        if (!reply.has(Netlink.F_ACK_TLVS)) {
            return "";
        }
        List<String> parts = new ArrayList<>();
        AttributeReader attributes = attributes(reply);
        while (attributes.next()) {
            switch (attributes.type()) {
                case MESSAGE -> parts.addFirst(attributes.string());
                case OFFSET -> parts.add("at byte " + attributes.u32() + " of the message");
                case MISSING_TYPE -> parts.add("attribute " + attributes.u32() + " is missing");
                default -> {}
            }
        }
        return String.join(", ", parts);
    }
}
