// Copyright The Sluice Authors
// SPDX-License-Identifier: Apache-2.0
package dev.sluice.linux.netlink;

import java.util.List;

/**
 * A subsystem of nfnetlink; they share the header and the numbering of messages
 * (include/uapi/linux/netfilter/nfnetlink.h).
 *
 * @param number the subsystem, the upper byte of a message's type
 * @param prefix of the commands' names in the trace
 * @param commands their names, from number 0 on
 * @param names the attributes of all its messages
 */
public record NetfilterSubsystem(int number, String prefix, List<String> commands, AttributeNames names)
        implements WireNames {
    /** {@code struct nfgenmsg}: family, version, resource 16. */
    public static final int HEADER = 4;

    public NetfilterSubsystem {
        commands = List.copyOf(commands);
    }

    /**
     * @param flags as in {@link NetlinkRequest}
     * @param addressFamily as the kernel numbers them, 0 for any
     */
    public NetlinkRequest request(
            Object operation, int command, int flags, int addressFamily, MessageWriter.Content attributes) {
        return new NetlinkRequest(operation, number << 8 | command, flags, out -> {
            out.u8(addressFamily).u8(0).u16(0);
            attributes.write(out);
        });
    }

    /** The type of an attribute that holds attributes. */
    public static int nested(int type) {
        return type | Netlink.NLA_F_NESTED;
    }

    @Override
    public String message(Message message) {
        return prefix + name(commands, message.type() & 0xff);
    }

    /** The name of {@code command} in a list of them, or its number. */
    private static String name(List<String> commands, int command) {
        return command < commands.size() ? commands.get(command) : Integer.toString(command);
    }

    @Override
    public int headerLength(Message message) {
        return HEADER;
    }

    @Override
    public AttributeNames attributes(Message message) {
        return names;
    }
}
