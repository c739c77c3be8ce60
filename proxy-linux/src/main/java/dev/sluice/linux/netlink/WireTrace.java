// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Logs messages in decoded form: set the logger {@value #LOGGER} to TRACE, or the system property {@value #PROPERTY} to
 * true, which prints at INFO.
 */
final class WireTrace {
    static final String LOGGER = "dev.sluice.linux.netlink.wire";
    static final String PROPERTY = "sluice.netlink.debug";

    private static final Logger LOG = LoggerFactory.getLogger(LOGGER);
    private static final List<String> LOWER_FLAGS =
            List.of("REQUEST", "MULTI", "ACK", "ECHO", "DUMP_INTR", "DUMP_FILTERED");
    private static final List<String> REQUEST_FLAGS = List.of("REPLACE", "EXCL", "CREATE", "APPEND");
    private static final List<String> REPLY_FLAGS = List.of("CAPPED", "ACK_TLVS");

    private final WireNames names;
    private final boolean always = Boolean.getBoolean(PROPERTY);

    WireTrace(WireNames names) {
        this.names = names;
    }

    void sent(ByteBuffer datagram) {
        trace("->", datagram);
    }

    void received(ByteBuffer datagram) {
        trace("<-", datagram);
    }

    private void trace(String direction, ByteBuffer datagram) {
        if (!always && !LOG.isTraceEnabled()) {
            return;
        }
        ByteBuffer view = datagram.duplicate().order(ByteOrder.nativeOrder());
        while (view.remaining() >= Netlink.HEADER) {
            String text = direction + " " + describe(Message.next(view));
            if (always) {
                LOG.info(text);
            } else {
                LOG.trace(text);
            }
        }
    }

    /** One line: type, flags, sequence number, fixed header in hex, attributes. */
    String describe(Message message) {
        StringBuilder text = new StringBuilder();
        text.append(
                switch (message.type()) {
                    case Netlink.NLMSG_NOOP -> "NOOP";
                    case Netlink.NLMSG_ERROR -> message.errno() == 0 ? "ACK" : "ERROR";
                    case Netlink.NLMSG_DONE -> "DONE";
                    case Netlink.NLMSG_OVERRUN -> "OVERRUN";
                    default -> names.message(message);
                });
        text.append(" seq ")
                .append(message.sequence())
                .append(" [")
                .append(flags(message))
                .append(']');
        if (message.type() <= Netlink.NLMSG_OVERRUN) {
            if (message.errno() != 0) {
                text.append(' ').append(KernelError.of("refused", message).getMessage());
            }
            return text.toString();
        }
        int header = Math.min(names.headerLength(message), message.payload().limit());
        if (header > 0) {
            text.append(" header ").append(hex(message.payload(), header));
        }
        attributes(text, message.attributes(header), names.attributes(message));
        return text.toString();
    }

    private static String flags(Message message) {
        List<String> set = new ArrayList<>();
        name(message, LOWER_FLAGS, 0, set);
        // what the upper bits mean depends on the message
        if (message.type() == Netlink.NLMSG_ERROR || message.type() == Netlink.NLMSG_DONE) {
            name(message, REPLY_FLAGS, 8, set);
        } else if ((message.flags() & Netlink.F_DUMP) == Netlink.F_DUMP) {
            set.add("DUMP");
        } else {
            name(message, REQUEST_FLAGS, 8, set);
        }
        return String.join(",", set);
    }

    private static void name(Message message, List<String> names, int shift, List<String> into) {
        for (int i = 0; i < names.size(); i++) {
            if (message.has(1 << i + shift)) {
                into.add(names.get(i));
            }
        }
    }

    private static void attributes(StringBuilder text, AttributeReader reader, AttributeNames names) {
        text.append(" {");
        String separator = "";
        while (reader.next()) {
            text.append(separator).append(names.name(reader.type()));
            AttributeNames inside = names.inside(reader.type());
            if (inside != null) {
                attributes(text, reader.nested(), inside);
            } else {
                text.append('=').append(HexFormat.of().formatHex(reader.bytes()));
            }
            separator = " ";
        }
        text.append('}');
    }

    private static String hex(ByteBuffer payload, int length) {
        byte[] bytes = new byte[length];
        payload.get(0, bytes);
        return HexFormat.of().formatHex(bytes);
    }
}
